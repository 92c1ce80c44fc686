/*
 * print-lines BYTES LENGTH
 *
 * Prints BYTES bytes in lines of LENGTH bytes, LF included; LENGTH 0 is one line without an end.
 * The same bytes each time: words such as an agent's tools print, some of them near a secret's name.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *words[] = {
    "compiling", "src/session/state.ts:118:7", "ok", "test", "passed", "in", "14ms", "warning:",
    "unused", "variable", "'index'", "GET", "/api/v1/items?page=3", "200", "{\"id\":4711,\"ok\":true}",
    "tokens=1201", "diff", "--git", "a/lib/main.c", "b/lib/main.c", "+", "return", "value;",
    "commit", "9fceb02d0ae598e95dc970b74767f19372d61af8", "key", "node_modules/left-pad/index.js",
    "12.5%", "done", "https://example.org/docs/page.html", "password", "prompt", "Error:", "expected",
    "3", "to", "equal", "4", "at", "Object.<anonymous>", "(spec/run.test.ts:42:13)", "INFO",
};

int main(int argc, char **argv) {
  enum { block = 64 * 1024 };
  const size_t count = sizeof words / sizeof *words;
  static char text[1 << 20];
  unsigned seed = 1;
  size_t filled = 0;
  long long left = argc == 3 ? atoll(argv[1]) : 0;
  long length = argc == 3 ? atol(argv[2]) : 0;
  size_t whole = length > 0 ? sizeof text / length * length : sizeof text;

  while (filled < sizeof text) {
    const char *word = words[(seed = seed * 1103515245 + 12345) / 65536 % count];
    size_t size = strlen(word);
    if (size > sizeof text - filled) size = sizeof text - filled;
    memcpy(text + filled, word, size);
    filled += size;
    if (filled < sizeof text) text[filled++] = ' ';
  }
  if (length > 0)
    for (size_t end = length; end <= whole; end += length) text[end - 1] = '\n';

  while (left > 0) {
    for (size_t at = 0; at < whole && left > 0;) {
      size_t size = whole - at < block ? whole - at : block;
      ssize_t took;
      if ((long long)size > left) size = left;
      took = write(1, text + at, size);
      if (took < 0) return 1;
      at += took;
      left -= took;
    }
  }
  return 0;
}
