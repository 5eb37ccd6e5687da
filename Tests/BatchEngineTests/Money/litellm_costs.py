"""Prints what LiteLLM's own functions make of random usages, one JSON object a line.

Arguments: the price table, how many usages, over how many models. The module litellm is found by PYTHONPATH.
"""

import json
import random
import sys
from datetime import datetime, timezone

from litellm.litellm_core_utils.llm_cost_calc.utils import (
    generic_cost_per_token, get_provider_specific_geo_multiplier, get_provider_specific_speed_multiplier)
from litellm.types.utils import (
    CacheCreationTokenDetails, CompletionTokensDetailsWrapper, PromptTokensDetailsWrapper, Usage)

table = json.load(open(sys.argv[1]))
usages, models = int(sys.argv[2]), int(sys.argv[3])
chance = random.Random(20261128)


def is_priced(entry):
    """Whether it is a text model's, with a rate of input and of output."""
    return isinstance(entry, dict) and entry.get("mode") in ("chat", "responses", "completion") and (
        "tiered_pricing" in entry or "input_cost_per_token" in entry and "output_cost_per_token" in entry)


def is_special(entry):
    """Whether more than four rates are in it."""
    return any("_above_" in key or key.endswith(("_flex", "_priority")) or key in (
        "tiered_pricing", "off_peak_pricing", "output_cost_per_reasoning_token", "provider_specific_entry",
        "regional_processing_uplift_multiplier_eu") for key in entry)


names = sorted(name for name, entry in table.items() if is_priced(entry))
special = [name for name in names if is_special(table[name])]
chosen = chance.sample(special, min(len(special), models * 2 // 3))
chosen += chance.sample(sorted(set(names) - set(chosen)), models - len(chosen))
edges = [1000 * thousands + more for thousands in (32, 100, 128, 200, 256, 272, 512) for more in (0, 1)]


def some(most):
    """Nothing, or up to so many."""
    return chance.choice([0, chance.randint(0, most)])


for number in range(usages):
    name = chosen[number % models]
    entry = table[name]
    provider = entry.get("litellm_provider")
    prompt = chance.choice([chance.randint(1, 5000), chance.randint(1, 600000), chance.choice(edges)])
    completion = chance.randint(0, 20000)
    cached = some(prompt)
    written = some(prompt - cached)
    lasting = some(written) if provider in ("anthropic", "openai") else 0
    reasoning = some(completion)
    tier = chance.choice([None, None, "flex", "priority", "fast", "ultrafast", "balanced"])
    seconds = chance.randint(1767225600, 1798761600)
    residency = chance.choice([None, "eu", "us", "fedramp"]) if provider == "openai" else None
    usage = Usage(prompt_tokens=prompt, completion_tokens=completion, total_tokens=prompt + completion)
    details = None
    if provider == "anthropic":
        usage.speed = chance.choice([None, "standard", "fast"])
        usage.inference_geo = chance.choice([None, "global", "us"])
        details = CacheCreationTokenDetails(
            ephemeral_5m_input_tokens=written - lasting, ephemeral_1h_input_tokens=lasting)
        report = {
            "input_tokens": prompt - cached - written, "output_tokens": completion, "cache_read_input_tokens": cached,
            "cache_creation_input_tokens": written,
            "cache_creation": {
                "ephemeral_5m_input_tokens": written - lasting, "ephemeral_1h_input_tokens": lasting},
            "output_tokens_details": {"thinking_tokens": reasoning}, "speed": usage.speed,
            "inference_geo": usage.inference_geo}
    elif provider == "openai":
        details = CacheCreationTokenDetails(
            ephemeral_30m_input_tokens=written - lasting, ephemeral_12h_input_tokens=lasting)
        report = {
            "input_tokens": prompt, "output_tokens": completion, "total_tokens": prompt + completion,
            "input_tokens_details": {
                "cached_tokens": cached, "cache_write_tokens": written,
                "cache_write_tokens_details": {"ttl_30m_tokens": written - lasting, "ttl_12h_tokens": lasting}},
            "output_tokens_details": {"reasoning_tokens": reasoning}}
    else:
        report = {
            "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion,
            "prompt_tokens_details": {"cached_tokens": cached, "cache_write_tokens": written},
            "completion_tokens_details": {"reasoning_tokens": reasoning}}
    usage.prompt_tokens_details = PromptTokensDetailsWrapper(
        cached_tokens=cached, cache_creation_tokens=written, cache_creation_token_details=details)
    usage.completion_tokens_details = CompletionTokensDetailsWrapper(reasoning_tokens=reasoning)
    info = {**entry, "key": name}
    cost = sum(generic_cost_per_token(
        model=name, usage=usage, custom_llm_provider=provider, service_tier=tier, data_residency=residency,
        model_info=info, current_time=datetime.fromtimestamp(seconds, timezone.utc)))
    if provider == "anthropic":
        cost *= get_provider_specific_geo_multiplier(info, usage) * get_provider_specific_speed_multiplier(info, usage)
    print(json.dumps({
        "model": name, "provider": provider, "usage": report, "tier": tier, "milliseconds": seconds * 1000,
        "region": residency, "cost": cost}))
