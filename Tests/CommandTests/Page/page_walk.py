#!/usr/bin/env python3
"""Walks through the page as a person does, while a run goes on, and through the report.

    page_walk.py URL PROGRAM

URL is the page of a run of 2,000 jobs on the mock with a width over 16, of which `slow-1` and `slow-2` are long and come
first, `evil` answers at once and some fail; PROGRAM is llm4s-batch, which makes the report. It ends with a drain. Exit
status 0: all was as it should be, 1: something was not, 77: there is no Chromium to look with.
"""

import json
import os
import shlex
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request

from devtools import Browser, find_browser

MAXIMUM_BYTES = 150_000

# The least contrast of text on its ground (WCAG 2.2, 1.4.3), as [ratio, text] of what has the least; what is disabled is left
# out, as there.
CONTRAST = r"""(() => {
    const color = (text) => { const part = text.match(/[\d.]+/g).map(Number); return [part[0], part[1], part[2], part[3] ?? 1]; };
    const over = (top, under) => [0, 1, 2].map((n) => top[n] * top[3] + under[n] * (1 - top[3])).concat(1);
    const light = (c) => { const [r, g, b] = c.slice(0, 3).map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
    const ground = (node) => { const layers = []; for (let at = node; at; at = at.parentElement) { const c = color(getComputedStyle(at).backgroundColor); layers.push(c); if (c[3] === 1) break; } return layers.reverse().reduce((under, top) => over(top, under), [255, 255, 255, 1]); };
    let least = [99, ""];
    for (const node of document.body.querySelectorAll("*")) {
        if (node.closest(":disabled, [hidden], .unseen, .skip, noscript, script, option, dialog:not([open])") || node.getClientRects().length === 0) continue;
        const isField = node.matches("input, select");
        const text = isField ? node.value : [...node.childNodes].filter((one) => one.nodeType === 3).map((one) => one.data).join("").trim();
        if (!text) continue;
        const style = getComputedStyle(node);
        const under = ground(node);
        const ink = over(color(node.namespaceURI.endsWith("svg") ? style.fill : style.color), under);
        const [a, b] = [light(ink), light(under)].sort((x, y) => y - x);
        const ratio = (a + 0.05) / (b + 0.05);
        if (ratio < least[0]) least = [Math.round(ratio * 100) / 100, `${node.tagName} ${node.className.baseVal ?? node.className} "${text.slice(0, 40)}" ${style.color}`];
    }
    return least;
})()"""

# What has the focus: its words, and whether a ring is drawn around it and it can be seen.
FOCUSED = r"""(() => {
    const node = document.activeElement;
    if (!node || node === document.body) return null;
    const style = getComputedStyle(node);
    const box = node.getBoundingClientRect();
    return { name: (node.ariaLabel || node.labels?.[0]?.innerText || node.innerText || node.id || node.tagName).trim().slice(0, 40),
        ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2, isSeen: box.width > 0 && box.height > 0 };
})()"""

# Lets the page be answered otherwise: `otherwise` has functions by the beginnings of paths; each is given what asks the server,
# and gives an object.
OTHERWISE = r"""(() => {
    window.otherwise = {};
    window.reallyFetch = window.fetch.bind(window);
    window.fetch = async (path, options) => {
        const beginning = Object.keys(otherwise).find((one) => path.startsWith(one));
        const ask = () => reallyFetch(path, options);
        return beginning ? new Response(JSON.stringify(await otherwise[beginning](() => ask().then((told) => told.json())))) : ask();
    };
})()"""

# What the page counts of the attempts that ended in each second behind FIRST, and what a new reading counts, but for the newest.
ENDS = r"""reallyFetch("/api/seconds?limit=600").then((told) => told.json()).then(({ seconds }) => {
    const newest = Math.min(seconds.at(-1).second, over.rows.at(-1).second) - 6;
    const ends = (rows) => rows.filter(({ second }) => second > FIRST && second <= newest).map((row) => [row.second, row.first_token_us.count, row.errors]);
    const sum = ends(seconds).reduce((all, [, count]) => all + count, 0);
    return newest > FIRST + 8 && sum > 0 && { sum, shown: JSON.stringify(ends(over.rows)), stored: JSON.stringify(ends(seconds)) };
})"""

# How 64 endpoints stand, with URLs and reasons of a page's width and more, and what could be markup.
ENDPOINTS = [{
    "provider": "mock", "running": number, "width": 64, "silent": number % 9, "reason": "<img src=x onerror=alert(1)> " + "a_long_reason " * 30,
    "endpoint": f"https://gateway-{number}.example/<b>" + "a-path-without-an-end" * 12} for number in range(64)]

NUMBER = "Number(document.querySelector('#counts [data-key={}] b').textContent.replaceAll(',', ''))"


def check(condition, sentence):
    if not condition:
        raise AssertionError(sentence)


def said(sentence):
    print(sentence, flush=True)


class Walk:
    def __init__(self, page, url, program):
        self.page = page
        self.url = url
        self.program = program

    def number(self, status):
        return self.page.evaluate(NUMBER.format(status))

    def state(self, word):
        self.page.until(f"document.querySelector('#state').textContent === '{word}'", f"the state is {word}")

    def search(self, beginning):
        """Searches, and waits until the table stands still."""
        self.page.write("#filter-q", beginning)
        ids = "[...document.querySelectorAll('#jobs tbody tr')].map((row) => row.dataset.row)"
        self.page.until(f"list.filters.q === '{beginning}' && !list.isBusy && {ids}.length > 0 && {ids}.every((id) => id.startsWith('{beginning}'))", f"jobs that begin with '{beginning}'")

    def open_job(self, job):
        self.search(job)
        self.page.click(f"#jobs a[data-key='job:{job}']")
        self.page.until(f"document.querySelector('#job-heading')?.textContent === '{job}'", f"the job {job}")

    def back(self):
        self.page.evaluate("history.back()")
        self.page.until("!document.querySelector('#overview').hidden", "the overview, one step back")

    # The steps, in their order

    def load(self):
        self.page.look(1280, False)
        self.page.open(self.url)
        self.page.until("document.querySelector('#counts b')", "the numbers of jobs")
        sizes = [len(urllib.request.urlopen(urllib.parse.urljoin(self.url, name)).read()) for name in ("/", "/page.css", "/page.js")]
        check(sum(sizes) < MAXIMUM_BYTES, f"the page has {sum(sizes)} bytes")
        paint = self.page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
        said(f"loaded: {sum(sizes)} bytes, first paint after {paint} ms")

    def watch(self):
        first = self.number("completed")
        self.page.until(f"{NUMBER.format('completed')} > {first}", "more jobs are completed")
        self.page.until("document.querySelectorAll('#charts svg path').length > 1", "a chart is drawn")
        said(f"numbers move: {first} completed, then {self.number('completed')}")

    def answer(self, beginning, how):
        """From now on paths with this beginning are answered by a function; None: by the server."""
        self.page.evaluate(f"otherwise[{json.dumps(beginning)}] = {how}" if how else f"delete otherwise[{json.dumps(beginning)}]")

    def count_late_ends(self):
        self.page.evaluate(OTHERWISE)
        self.page.until("over.rows.length > 0 && over.step === 1", "seconds")
        first = self.page.evaluate("over.rows.at(-1).second")
        # As where the database is slow: what ended in the newest two seconds is not stored yet.
        self.answer("/api/seconds", """(ask) => ask().then((told) => {
            for (const row of told.seconds.slice(-2)) Object.assign(row, { errors: {}, first_token_us: { count: 0 } });
            return told;
        })""")
        ends = self.page.until(ENDS.replace("FIRST", str(first)), "attempts that ended meanwhile")
        check(ends["shown"] == ends["stored"], f"what was stored late is not counted: {ends}")
        said(f"{ends['sum']} first tokens were counted, though they were stored late")

    def tell_what_is_unknown(self):
        # As of a run with very many attempts: only the newest seconds' are looked up.
        first = self.page.evaluate("over.rows.at(-1).second") - 2
        self.answer("/api/seconds", f"""(ask) => ask().then((told) => {{
            for (const row of told.seconds) if (row.second < {first}) Object.assign(row, {{ errors: null, first_token_us: null }});
            return told;
        }})""")
        self.page.click("#ranges button")
        for name in ("errors", "first-token"):
            self.page.until(f"document.querySelector('#chart-{name} .legend').textContent.includes('not known before') && document.querySelector('#chart-{name} rect.unknown')", f"that {name} are not known")
            self.page.evaluate(f"document.querySelector('#chart-{name} details').open = true")
            told = self.page.until(f"document.querySelector('#chart-{name} details .scroll').textContent", "the numbers of a chart")
            check(not self.page.evaluate(f"over.rows.some((row) => row.second < {first} && {json.dumps(told)}.includes(date(row.second * 1000)))"), f"the numbers tell of what is unknown: {told}")
            self.page.evaluate(f"document.querySelector('#chart-{name} details').open = false")
        self.answer("/api/seconds", None)
        self.page.click("#ranges button")
        said("what is not known is no 0")

    def wait_for_statistics(self):
        self.page.until("known.stats", "statistics")
        self.answer("/api/stats", "() => new Promise((done, fail) => { window.giveUp = fail; })")
        self.page.evaluate("statsAskedAt = 0")
        self.page.until("window.giveUp && true", "a question for statistics")
        for _ in range(2):
            now = self.page.evaluate("known.status.now_ms")
            self.page.until(f"known.status.now_ms > {now}", "a status while statistics are read")
        self.page.evaluate("giveUp(new TypeError('no answer'))")
        now = self.page.evaluate("known.status.now_ms")
        self.page.until(f"known.status.now_ms > {now}", "a status without statistics")
        check(self.page.evaluate("document.querySelector('#banner').hidden && silentSince == null"), "the server is said to be silent")
        self.answer("/api/stats", None)
        said("statistics that do not come hold up nothing")

    def read_running_job(self):
        self.open_job("slow-1")
        length = "(document.querySelector('#answer .growing')?.textContent.length ?? 0)"
        first = self.page.until(f"{length}", "text of a running job")
        self.page.until(f"{length} > {first}", "more of its text, as it is written")
        check("mock" in self.page.evaluate("document.querySelector('#job-facts').textContent"), "the job tells its model")
        asked = self.page.evaluate("open.askedAt")
        self.page.until(f"open.askedAt > {asked} && {length} > {first}", "the job, asked for again")
        check(any("id=slow-1&request=0" in url for url in self.page.requests()), "the request is asked for again and again")
        check(self.page.evaluate("document.querySelectorAll('#conversation .message').length") == 1, "the conversation stays")
        sites = self.page.evaluate("""["http://<b>other</b>/v1", "http://one/v1"].map((endpoint) => {
            const one = { number: 1, status: "failed", started_ms: 0, duration_us: 1, endpoint: "http://one/v1" };
            const [, list] = attempts({ ...open.job, attempts: [one, { ...one, number: 2, endpoint }] });
            return [...list.querySelectorAll("li > p > .cut")].map((site) => site.textContent);
        })""")
        check(len(sites[0]) == 2 and sites[0][1] == "http://<b>other</b>/v1" and not sites[1], f"where attempts were sent, if to different endpoints: {sites}")
        self.back()
        said("a running job was read as it was written")

    def show_markup_as_text(self):
        self.search("evil")
        self.page.click("#jobs a[data-key^='job:evil']")
        self.page.until("document.querySelector('#job-heading').textContent.startsWith('evil') && document.querySelector('#conversation .message')", "the conversation of evil")
        text = self.page.evaluate("document.querySelector('#conversation').textContent")
        check("<img src=x onerror=alert(1)>" in text and "U+202E" in text and "U+001B" in text, f"markup and control characters as text: {text}")
        check(self.page.evaluate("document.querySelectorAll('main img, main script, main iframe').length") == 0, "model text made an element")
        self.back()
        self.search("")
        said("markup and control characters are shown as text")

    def tell_endpoints(self):
        hidden = "document.querySelector('#endpoints-section').hidden"
        check(self.page.evaluate(hidden), "one endpoint with the width that was set is no news")
        told = json.dumps({"endpoints": ENDPOINTS, "endpoints_of": ["mock"]})
        self.answer("/api/status", f"(ask) => ask().then((told) => Object.assign(told, {told}))")
        self.page.until("document.querySelectorAll('#endpoints tbody tr').length === 64", "a row for each endpoint")
        check("64 endpoints, 2,016 of 4,096 streams, 252 silent" in self.page.evaluate("document.querySelector('#endpoints-sum').textContent"), "what all of them have")
        row = self.page.evaluate("document.querySelectorAll('#endpoints tbody tr')[1].textContent")
        check("<b>" in row and "1 of 64" in row and "<img src=x onerror=alert(1)>" in row, f"a row as text: {row}")
        check(self.page.evaluate("document.querySelectorAll('#endpoints img, #endpoints b').length") == 0, "an endpoint's text made an element")
        check(self.page.evaluate("document.querySelector('#endpoints .cut').title") == ENDPOINTS[0]["endpoint"], "the whole of what is cut")
        for is_dark in (False, True):
            for width in (400, 768, 1280):
                self.page.look(width, is_dark)
                self.page.until("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))", "a frame")
                over = self.page.evaluate("Math.max(document.documentElement.scrollWidth - innerWidth, document.querySelector('#endpoints').scrollWidth - document.querySelector('#endpoints').clientWidth)")
                check(over <= 0, f"at {width} px the endpoints are {over} px too wide")
                check(self.page.evaluate("document.querySelector('#endpoints').clientHeight") < 450, "64 endpoints push all else away")
                ratio, place = self.page.evaluate(CONTRAST)
                check(ratio >= 4.5, f"the contrast is {ratio} at {width} px, {'dark' if is_dark else 'light'}: {place}")
        self.page.look(1280, False)
        self.answer("/api/status", None)
        self.page.until(hidden, "no endpoints again")
        said("64 endpoints with long names and reasons fit 400 to 1,280 px")

    def pause(self):
        self.page.click("#pause")
        self.state("Paused")
        self.page.until("document.querySelector('#control-note').textContent.startsWith('Paused: nothing more is sent')", "what became of pause")
        left = "known.status.jobs.pending + known.status.jobs.interrupted"
        before = self.page.until(f"known.status.state === 'paused' && ({left})", "a status after the pause")
        second = self.page.evaluate("known.status.now_ms")
        self.page.until(f"known.status.now_ms > {second + 2000}", "two more seconds of the pause")
        # One that breaks meanwhile is left again.
        check(self.page.evaluate(left) >= before, "jobs were sent during a pause")
        self.page.until("document.querySelector('#waits').textContent.includes('paused')", "what waits says that it is paused")
        said("paused: it has stopped")

    def set_width(self):
        self.page.write("#width-value", "16")
        self.page.key("Enter", 13, "\r")
        self.page.until("document.querySelector('#control-note').textContent.startsWith('Concurrency is 16')", "what became of the width")
        self.page.click("#pause")
        self.state("Running")
        done = self.number("completed")
        self.page.until(f"{NUMBER.format('completed')} > {done}", "it goes on")
        self.page.until("/Open streams *([0-9]|1[0-6]) of 16/.test(document.querySelector('#figures').textContent)", "at most 16 streams are open")
        # Typed, and not set.
        self.page.write("#width-value", "12")
        self.page.click("#width-auto")
        self.page.until("document.querySelector('#control-note').textContent.startsWith('Each endpoint gets as many')", "what became of auto")
        self.page.until("document.querySelector('#width-value').placeholder === 'auto' && document.querySelector('#width-value').value === ''", "the width that is found")
        self.page.until("document.querySelector('#endpoints-section').hidden === false", "the endpoint whose width is found")
        self.page.write("#width-value", "16")
        self.page.key("Enter", 13, "\r")
        self.page.until("document.querySelector('#control-note').textContent.startsWith('Concurrency is 16')", "the width again")
        said("the width is 16, auto and 16 again, and it goes on")

    def cancel(self):
        self.open_job("slow-2")
        self.page.click("#job-cancel")
        self.page.until("document.querySelector('#job-facts .badge').textContent === 'Cancelled'", "slow-2 is cancelled")
        check("1 job cancelled" in self.page.evaluate("document.querySelector('#job-note').textContent"), "what became of cancel is said")
        self.back()
        self.search("")
        said("one was cancelled")

    def filter_failed(self):
        self.page.click("#counts [data-key=failed]")
        rows = "[...document.querySelectorAll('#jobs tbody .badge')].map((one) => one.textContent)"
        self.page.until(f"{rows}.length > 0 && {rows}.every((word) => word === 'Failed')", "only failed jobs")
        check("status=failed" in self.page.evaluate("location.hash"), "the filter stands in the address")
        # As of very many jobs: the table is looked for anew, and that is given up.
        table = "JSON.stringify([document.querySelector('#jobs').innerText, document.querySelector('#page-note').textContent, list.next])"
        self.page.until("!list.isBusy && document.querySelector('#page-note').textContent", "the failed jobs are all there")
        self.answer("/api/jobs", "() => ({ jobs: [], next: 'behind', looked_at: 60000 })")
        before = self.page.evaluate(table)
        after = self.page.evaluate(f"lookForJobs({{ quiet: true }}).then(() => {table})")
        check(before == after, f"a look that was given up empties the table: {before} -> {after}")
        self.answer("/api/jobs", None)
        self.page.click("#failures .button")
        self.page.until(f"location.hash.includes('error_kind=') && {rows}.length > 0", "the jobs of one kind of failure")
        self.page.evaluate("location.hash = '#jobs'")
        said("failed ones were filtered, and grouped by kind")

    def look_at_all(self):
        """Widths, themes, names for a screen reader, the keyboard."""
        self.page.evaluate("document.querySelector('#limits').open = true")
        least = {}
        for is_dark in (False, True):
            for width in (400, 768, 1280, 2000):
                self.page.look(width, is_dark)
                self.page.until("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))", "a frame")
                over = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
                check(over <= 0, f"at {width} px the page is {over} px too wide")
                ratio, place = self.page.evaluate(CONTRAST)
                check(ratio >= 4.5, f"the contrast is {ratio} at {width} px, {'dark' if is_dark else 'light'}: {place}")
                least[is_dark] = min(least.get(is_dark, (99, "")), (ratio, place))
        said(f"fits 400 to 2,000 px; least contrast {least[False]} in light, {least[True]} in dark")
        self.page.look(1280, False)
        self.page.evaluate("document.querySelector('#limits').open = false")

    def listen(self):
        asked = {"button", "link", "textbox", "searchbox", "spinbutton", "combobox", "checkbox", "progressbar", "image", "table", "region"}
        nodes = self.page.call("Accessibility.getFullAXTree")["nodes"]
        unnamed = [node for node in nodes if not node.get("ignored") and node["role"]["value"] in asked and not node.get("name", {}).get("value", "").strip()]
        check(not unnamed, f"without a name: {json.dumps(unnamed)[:800]}")
        said(f"{sum(1 for node in nodes if node.get('role', {}).get('value') in asked)} controls, pictures and tables have names")

    def tab_through(self):
        # The first key goes to the first place of a page that nobody has clicked on.
        self.page.evaluate("window.isOld = true; history.replaceState(null, '', '/')")
        self.page.call("Page.reload")
        self.page.until("!window.isOld && document.querySelector('#counts b') && known.status && !document.querySelector('#pause').disabled", "the page, anew")
        names = []
        for _ in range(24):
            self.page.key("Tab", 9)
            at = self.page.evaluate(FOCUSED)
            if at is None:
                break
            check(at["ring"] and at["isSeen"], f"the focus cannot be seen at {at}")
            names.append(at["name"])
        check(names[0].startswith("Skip") and "Pause" in names and any(name.startswith("Limits") for name in names), f"the way of the keyboard: {names}")
        said(f"by keyboard: {', '.join(' '.join(name.split()) for name in names[:12])} …")

    def drain(self):
        self.page.click("#drain")
        self.page.until("document.querySelector('#ask').open && document.activeElement.id === 'ask-no'", "it asks first, and no is the first answer")
        self.page.key("Escape", 27)
        self.page.until("!document.querySelector('#ask').open", "Escape leaves it")
        self.state("Running")
        self.page.click("#drain")
        self.page.click("#ask-yes")
        self.state("Stopped")
        self.page.until("document.querySelector('#sentence code').textContent.includes('llm4s-batch resume')", "how to go on")
        self.page.until("document.querySelector('#pause').disabled && document.querySelector('#control-note').textContent.includes('no worker')", "controls without a worker, and why")
        for name in ("jobs.db", "a b's$(id).db", "-v", "-a'b"):
            typed = shlex.split(self.page.evaluate(f"quoted({json.dumps(name)})"))
            check(typed == [f"./{name}" if name.startswith("-") else name], f"a shell takes {name} for {typed}")
        said("drained: stopped, with what to type to go on")

    def read_report(self, browser):
        database = self.page.evaluate("known.status.database")
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "report.html")
            made = subprocess.run([self.program, "report", "--db", database, "-o", path], capture_output=True, text=True)
            check(made.returncode == 0, f"report: {made.stderr}")
            report = browser.page()
            report.look(1280, False)
            report.open(f"file://{path}")
            check(report.evaluate("document.querySelectorAll('#charts svg').length") >= 4, "the report has the charts")
            check(report.evaluate("document.querySelectorAll('#failed tbody tr').length") > 0, "the report has the failed jobs")
            check(report.evaluate("document.querySelectorAll('#slowest tbody tr').length") > 0, "the report has the slowest jobs")
            figures = report.evaluate("document.querySelector('#figures').textContent")
            check(" of 16" in figures, f"the report has the limits: {figures}")
            check(report.evaluate("microseconds(known.stats.first_token_us.p50)") in figures, f"the report has the median over all models: {figures}")
            for name in ("failed", "slowest"):
                cut = report.evaluate(f"(({{ {name}: rows, {name}_total: total }}) => (total > rows.length ? `${{rows.length}} of ${{count(total)}}` : null))(JSON.parse(document.querySelector('#report-data').textContent))")
                heading = report.evaluate(f"document.querySelector('#{name}-heading').textContent")
                check(cut is None or cut in heading, f"the report cuts its {name} jobs: {heading}")
            for is_dark in (False, True):
                report.look(1280, is_dark)
                ratio, place = report.evaluate(CONTRAST)
                check(ratio >= 4.5, f"the report's contrast is {ratio}: {place}")
            report.look(400, False)
            check(report.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, "the report fits 400 px")
            check(report.evaluate("document.querySelector('#by-endpoint-section').hidden"), "attempts of a provider with one endpoint")
            rows = report.evaluate("""(() => {
                const data = JSON.parse(document.querySelector('#report-data').textContent);
                const [one] = data.stats.by_endpoint;
                data.stats.by_endpoint.push({ ...one, endpoint: "http://<b>other</b>/" + "v1".repeat(99) });
                report(data);
                return [...document.querySelectorAll('#by-endpoint tbody tr')].map((row) => row.textContent);
            })()""")
            check(len(rows) == 2 and "<b>other</b>" in rows[1], f"the report has the attempts by endpoint: {rows}")
            check(report.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, "endpoints fit 400 px")
            check(len(report.call("Page.printToPDF", printBackground=True)["data"]) > 10_000, "the report can be printed")
            others = [url for url in report.requests() if not url.startswith(("file:", "data:", "about:"))]
            check(not others, f"the report asked for {others}")
            check(not report.problems(), f"the report's console: {report.problems()}")
            said(f"the report: {os.path.getsize(path)} bytes, nothing asked for")

    def end(self):
        outside = [url for url in self.page.requests() if not url.startswith((self.url.rstrip("/") + "/", "data:", "about:"))]
        check(not outside, f"requests that leave the page's own server: {outside}")
        check(not self.page.problems(), f"the console: {self.page.problems()}")
        said(f"{len(self.page.requests())} requests, all to {self.url}; nothing in the console")


def main():
    url, program = sys.argv[1:3]
    chromium = find_browser()
    if chromium is None:
        said("skipped: there is no Chromium (CHROMIUM names one)")
        return 77
    browser = Browser(chromium)
    try:
        walk = Walk(browser.page(), url, program)
        for step in (walk.load, walk.watch, walk.count_late_ends, walk.tell_what_is_unknown, walk.wait_for_statistics,
                     walk.read_running_job, walk.show_markup_as_text, walk.tell_endpoints, walk.pause, walk.set_width, walk.cancel, walk.filter_failed,
                     walk.listen, walk.look_at_all, walk.tab_through, walk.drain):
            step()
        walk.read_report(browser)
        walk.end()
    except AssertionError as fault:
        said(f"failed: {fault}")
        return 1
    finally:
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
