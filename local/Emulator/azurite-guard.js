'use strict';

// Loaded before the emulator's own code: `node -r azurite-guard.js azurite.js …`.
//
// The emulator keeps what it acknowledged in memory and saves it every few seconds, and when it is asked to stop. It is asked here by SIGTERM, by SIGHUP (the
// terminal was closed) and by the end of standard input (the parent closed it, or died in whatever way). SIGINT is ignored: a Ctrl+C reaches every process of the
// terminal at once, and the services still write while they stop. A second signal never cuts a save short.

const LONGEST_START_MS = 10_000;

let shutdown;
let asked = false;

function stop() {
  if (asked) return;
  asked = true;
  if (shutdown) shutdown();
  else setTimeout(() => shutdown || process.exit(1), LONGEST_START_MS).unref();
}

// The emulator registers its shutdown with process.once when its servers listen. Asked before that, it stops then; one that never gets so far has nothing to
// save and is ended.
const once = process.once;
process.once = function (event, listener) {
  if (event === 'SIGINT') return this;
  if (event !== 'SIGTERM') return once.call(this, event, listener);
  shutdown = listener;
  if (asked) setImmediate(shutdown);
  return this;
};

process.on('SIGTERM', stop);
process.on('SIGHUP', stop);
process.on('SIGINT', () => {});

// Nobody may be left to read what the emulator says; that must not end it before it has saved.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

process.stdin.on('end', stop);
process.stdin.on('error', stop);
process.stdin.resume();
process.stdin.unref?.();
