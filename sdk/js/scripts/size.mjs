// The bundle has a budget, and the README says the truth about its size.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

// The first aim was 10 kB; the keyboard, storage and claim rules cost the rest. It may fall, never rise.
const LIMIT_KB = 13.5;
const at = (path) => new URL(`../${path}`, import.meta.url);
const bytes = gzipSync(readFileSync(at('dist/waypost.js')), { level: 9 }).length;
const kb = (bytes / 1000).toFixed(1);
const said = /\*\*([\d.]+) kB\*\* gzipped/.exec(readFileSync(at('README.md'), 'utf8'))?.[1];
console.log(`dist/waypost.js: ${bytes} bytes gzipped (${kb} kB, budget ${LIMIT_KB} kB)`);
if (bytes > LIMIT_KB * 1000) fail(`over the budget of ${LIMIT_KB} kB`);
if (said !== kb) fail(`README.md says ${said ?? 'nothing'}; it is ${kb} kB`);

function fail(why) {
  console.error(why);
  process.exitCode = 1;
}
