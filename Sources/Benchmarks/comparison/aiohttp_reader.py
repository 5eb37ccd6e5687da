"""aiohttp and orjson: reads events line by line, parses each, stores nothing."""

import asyncio

import aiohttp
import orjson

from comparison import Window


async def main():
    window = Window("aiohttp+orjson")
    url = f"http://127.0.0.1:{window.port}/v1/chat/completions"
    body = {"model": window.model, "messages": [{"role": "user", "content": window.prompt}], "stream": True}
    timeout = aiohttp.ClientTimeout(total=None)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as session:

        async def stream(number):
            pieces = []
            async with session.post(url, json=body) as response:
                response.raise_for_status()
                async for line in response.content:
                    if not line.startswith(b"data: "):
                        continue
                    if window.of_stream[number] == 0 and not window.all_begun.is_set():
                        window.first_event()
                    window.events += 1
                    window.of_stream[number] += 1
                    data = line[6:]
                    if data.startswith(b"[DONE]"):
                        continue
                    choices = orjson.loads(data)["choices"]
                    if choices and (text := choices[0]["delta"].get("content")):
                        pieces.append(text)
                        window.note_text(text)
            return "".join(pieces)

        await window.run(stream)


asyncio.run(main())
