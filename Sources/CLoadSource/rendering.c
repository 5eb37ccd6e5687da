#define _GNU_SOURCE
#include "rendering.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { maximum_event_bytes = 1 << 16, stamp_digits = 16 };

static const char head[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
static const char role[] =
    "data: {\"id\":\"chatcmpl-load\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"load\","
    "\"system_fingerprint\":\"fp_load\",\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\"},"
    "\"logprobs\":null,\"finish_reason\":null}]}\n\n";
static const char before[] =
    "data: {\"id\":\"chatcmpl-load\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"load\","
    "\"system_fingerprint\":\"fp_load\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"";
static const char after[] = "\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n";
static const char finish[] =
    "data: {\"id\":\"chatcmpl-load\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"load\","
    "\"system_fingerprint\":\"fp_load\",\"choices\":[{\"index\":0,\"delta\":{},\"logprobs\":null,"
    "\"finish_reason\":\"stop\"}]}\n\n"
    "data: {\"id\":\"chatcmpl-load\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"load\","
    "\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":%lld,\"total_tokens\":%lld}}\n\n"
    "data: [DONE]\n\n";

/// Renders a packet with a number of events as one HTTP chunk; null where there is no memory.
static char *render_packet(const load *load, int64_t events, size_t *length, size_t *first_stamp, size_t *stride) {
  char text[maximum_event_bytes];
  size_t text_length = 0;
  if (load->stamp) {
    text_length = (size_t)snprintf(text, sizeof(text), " %0*d", stamp_digits, 0);
  }
  static const char word[] = " tick";
  for (int64_t index = load->stamp ? 1 : 0; index < load->words; index += 1) {
    memcpy(text + text_length, word, sizeof(word) - 1);
    text_length += sizeof(word) - 1;
  }
  size_t event_length = sizeof(before) - 1 + text_length + sizeof(after) - 1;
  size_t body = event_length * (size_t)events;
  char frame[32];
  size_t frame_length = (size_t)snprintf(frame, sizeof(frame), "%zx\r\n", body);
  char *packet = malloc(frame_length + body + 2);
  if (!packet) return NULL;
  char *place = packet;
  memcpy(place, frame, frame_length);
  place += frame_length;
  for (int64_t index = 0; index < events; index += 1) {
    memcpy(place, before, sizeof(before) - 1);
    place += sizeof(before) - 1;
    memcpy(place, text, text_length);
    place += text_length;
    memcpy(place, after, sizeof(after) - 1);
    place += sizeof(after) - 1;
  }
  memcpy(place, "\r\n", 2);
  *length = frame_length + body + 2;
  *first_stamp = frame_length + sizeof(before) - 1 + 1;
  *stride = event_length;
  return packet;
}

static bool same(const load *one, const load *other) {
  return one->events == other->events && one->packet == other->packet && one->words == other->words &&
         one->pace_ns == other->pace_ns && one->ttft_ns == other->ttft_ns && one->stamp == other->stamp;
}

static void release(rendering *shape) {
  free(shape->opening);
  free(shape->last);
  free(shape->packet);
  free(shape->end);
  free(shape);
}

rendering *rendering_of(rendering **list, const load *load) {
  for (rendering *shape = *list; shape; shape = shape->next) {
    if (same(&shape->load, load)) return shape;
  }
  rendering *shape = calloc(1, sizeof(*shape));
  if (!shape) return NULL;
  shape->load = *load;
  int64_t left = load->events - (load_packets(load) - 1) * load->packet;
  shape->last = render_packet(load, left, &shape->last_length, &shape->last_first_stamp, &shape->stamp_stride);
  shape->packet = render_packet(load, load->packet, &shape->packet_length, &shape->first_stamp, &shape->stamp_stride);
  char text[sizeof(finish) + 64];
  int length = snprintf(text, sizeof(text), finish, (long long)load->events, (long long)load->events + 1);
  int end = asprintf(&shape->end, "%x\r\n%s\r\n0\r\n\r\n", (unsigned)length, text);
  int opening = asprintf(&shape->opening, "%s%zx\r\n%s\r\n", head, sizeof(role) - 1, role);
  if (!shape->last || !shape->packet || end < 0 || opening < 0) {
    // What asprintf leaves behind where it fails is no block.
    if (end < 0) shape->end = NULL;
    if (opening < 0) shape->opening = NULL;
    release(shape);
    return NULL;
  }
  shape->end_length = (size_t)end;
  shape->opening_length = (size_t)opening;
  shape->next = *list;
  *list = shape;
  return shape;
}

void rendering_stamp(rendering *shape, bool is_last, int64_t microseconds) {
  char digits[32];
  snprintf(digits, sizeof(digits), "%0*lld", stamp_digits, (long long)microseconds);
  int64_t packet = shape->load.packet;
  int64_t events = is_last ? shape->load.events - (load_packets(&shape->load) - 1) * packet : packet;
  char *place = (is_last ? shape->last : shape->packet) + (is_last ? shape->last_first_stamp : shape->first_stamp);
  for (int64_t index = 0; index < events; index += 1, place += shape->stamp_stride) {
    memcpy(place, digits, stamp_digits);
  }
}
