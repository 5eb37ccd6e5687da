"""A browser over the DevTools protocol, with the standard library only."""

import base64
import json
import os
import re
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time
import urllib.request

NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
# How long something may take to show, in seconds. It is not a measure of speed: it ends a walk that would not end.
PATIENCE = float(os.environ.get("LLM4S_PAGE_PATIENCE", "120"))


def find_browser():
    """The program of a browser, or None."""
    named = os.environ.get("CHROMIUM")
    return named or next((path for path in map(shutil.which, NAMES) if path), None)


class Browser:
    """A browser without a window. No name but loopback's resolves in it."""

    def __init__(self, program):
        self.folder = tempfile.mkdtemp(prefix="llm4s-page-")
        flags = ["--headless=new", "--disable-gpu", "--remote-debugging-port=0", f"--user-data-dir={self.folder}",
                 "--no-first-run", "--hide-scrollbars", "--disable-background-networking", "--disable-component-update",
                 "--disable-sync", "--disable-dev-shm-usage", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
        if os.geteuid() == 0:
            flags.append("--no-sandbox")  # It does not start as root otherwise.
        self.process = subprocess.Popen([program, *flags, "about:blank"], stdout=subprocess.DEVNULL,
                                        stderr=subprocess.PIPE, text=True)
        port = next((found[1] for line in self.process.stderr
                     if (found := re.search(r"ws://127\.0\.0\.1:(\d+)/", line))), None)
        if port is None:
            raise RuntimeError("the browser does not start")
        self.port = int(port)
        threading.Thread(target=lambda: [None for _ in self.process.stderr], daemon=True).start()

    def page(self):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/json/new?about:blank", method="PUT")
        return Page(json.load(urllib.request.urlopen(request))["webSocketDebuggerUrl"])

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Page:
    """A tab, driven over its websocket; what it reports meanwhile is kept in `events`."""

    def __init__(self, url):
        host, port, path = re.match(r"ws://([^:]+):(\d+)(/.*)", url).groups()
        self.socket = socket.create_connection((host, int(port)), timeout=PATIENCE)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        self.bytes = b""
        while b"\r\n\r\n" not in self.bytes:
            self.bytes += self.socket.recv(65536)
        self.bytes = self.bytes.split(b"\r\n\r\n", 1)[1]
        self.number = 0
        self.events = []
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    # The protocol

    def _take(self, count):
        while len(self.bytes) < count:
            data = self.socket.recv(1 << 20)
            if not data:
                raise EOFError("the browser is gone")
            self.bytes += data
        taken, self.bytes = self.bytes[:count], self.bytes[count:]
        return taken

    def _receive(self):
        message = b""
        while True:
            head = self._take(2)
            length = head[1] & 127
            if length == 126:
                length = struct.unpack(">H", self._take(2))[0]
            elif length == 127:
                length = struct.unpack(">Q", self._take(8))[0]
            data = self._take(length)
            if head[0] & 15 in (0, 1, 2):
                message += data
                if head[0] & 128:
                    return json.loads(message)

    def call(self, method, **parameters):
        self.number += 1
        data = json.dumps({"id": self.number, "method": method, "params": parameters}).encode()
        if len(data) < 126:
            head = bytes([0x81, 128 | len(data)])
        elif len(data) < 65536:
            head = bytes([0x81, 128 | 126]) + struct.pack(">H", len(data))
        else:
            head = bytes([0x81, 128 | 127]) + struct.pack(">Q", len(data))
        mask = os.urandom(4)
        self.socket.sendall(head + mask + bytes(byte ^ mask[place & 3] for place, byte in enumerate(data)))
        while True:
            message = self._receive()
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(f"{method}: {message['error']['message']}")
                return message["result"]
            self.events.append(message)

    # What a person does

    def evaluate(self, script):
        result = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in result:
            raise RuntimeError(f"{script[:200]}: {json.dumps(result['exceptionDetails'])[:500]}")
        return result["result"].get("value")

    def until(self, script, what):
        """Waits until a script gives something true; `what` says what did not come."""
        end = time.monotonic() + PATIENCE
        # An element is no value that could be handed over.
        while not (value := self.evaluate(f"Promise.resolve({script}).then((value) => (value instanceof Node ? true : value))")):
            if time.monotonic() > end:
                seen = self.evaluate("document.body.innerText.slice(0, 1500)")
                raise AssertionError(f"this did not come: {what}\n{script}\nthe page shows:\n{seen}")
            time.sleep(0.1)
        return value

    def open(self, url):
        self.call("Page.navigate", url=url)
        self.until("document.readyState === 'complete'", f"{url} is loaded")

    def click(self, selector):
        """Clicks with the mouse on the middle of the first line of an element, which nothing may cover.

        Where what is above it has grown in between, the click goes beside it: then it is tried again.
        """
        for _ in range(10):
            if self._click(selector):
                return
        raise AssertionError(f"{selector} could not be clicked on")

    def _click(self, selector):
        place = self.until(f"""(() => {{
            const node = document.querySelector({json.dumps(selector)});
            if (!node || node.disabled) return null;
            node.scrollIntoView({{ block: "center" }});
            const box = node.getClientRects()[0];
            if (!box) return null;
            const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
            window.clicks = 0;
            node.addEventListener("click", () => window.clicks += 1, {{ once: true }});
            return node.contains(document.elementFromPoint(x, y)) ? [x, y] : null;
        }})()""", f"{selector} can be clicked on")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left", clickCount=1)
        return self.evaluate("window.clicks > 0")

    def key(self, name, code, text="", modifiers=0):
        for kind in ("keyDown", "keyUp"):
            told = {"text": text} if text and kind == "keyDown" else {}
            self.call("Input.dispatchKeyEvent", type=kind, key=name, code=name, windowsVirtualKeyCode=code,
                      modifiers=modifiers, **told)

    def write(self, selector, text):
        """Replaces what is in a field by a text, as keys would."""
        self.evaluate(f"(() => {{ const node = document.querySelector({json.dumps(selector)}); node.focus(); node.select(); }})()")
        self.key("Delete", 46)
        if text:
            self.call("Input.insertText", text=text)

    def look(self, width, is_dark):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[
            {"name": "prefers-color-scheme", "value": "dark" if is_dark else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"}])

    # What it has reported

    def problems(self):
        """Errors and warnings of its console, exceptions, and what its policy forbade."""
        found = []
        for event in self.events:
            method, told = event["method"], event["params"]
            if method == "Runtime.exceptionThrown":
                found.append(json.dumps(told["exceptionDetails"])[:600])
            elif method == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning", "assert"):
                found.append(json.dumps(told["args"])[:300])
            elif method == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"):
                found.append(f"{told['entry']['text']} {told['entry'].get('url', '')}")
        return found

    def requests(self):
        return [event["params"]["request"]["url"] for event in self.events
                if event["method"] == "Network.requestWillBeSent"]
