"""openai-python: its own asynchronous client and stream, stores nothing."""

import asyncio

import openai

from comparison import Window


async def main():
    window = Window("openai-python")
    # Its own limit of connections is 1,000.
    client = openai.AsyncOpenAI(
        base_url=f"http://127.0.0.1:{window.port}/v1", api_key="none", max_retries=0, timeout=None)
    messages = [{"role": "user", "content": window.prompt}]

    async def stream(number):
        pieces = []
        async for chunk in await client.chat.completions.create(
                model=window.model, messages=messages, stream=True):
            if window.of_stream[number] == 0 and not window.all_begun.is_set():
                window.first_event()
            window.events += 1
            window.of_stream[number] += 1
            if chunk.choices and (text := chunk.choices[0].delta.content):
                pieces.append(text)
                window.note_text(text)
        return "".join(pieces)

    await window.run(stream)


asyncio.run(main())
