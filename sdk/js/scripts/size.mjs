// Each file has a budget, and the README says the truth about both sizes.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

// The first file is on every page; the second one where there is something to show. They may fall, never rise.
const BUDGETS_KB = { 'waypost.js': 5.6, 'waypost-surfaces.js': 17 };
const at = (path) => new URL(`../${path}`, import.meta.url);
const said = [...readFileSync(at('README.md'), 'utf8').matchAll(/\*\*([\d.]+) kB\*\* gzipped/g)].map((match) => match[1]);

for (const [i, [file, budget]] of Object.entries(BUDGETS_KB).entries()) {
  const bytes = gzipSync(readFileSync(at(`dist/${file}`)), { level: 9 }).length;
  const kb = (bytes / 1000).toFixed(1);
  console.log(`dist/${file}: ${bytes} bytes gzipped (${kb} kB, budget ${budget} kB)`);
  if (bytes > budget * 1000) fail(`over the budget of ${budget} kB`);
  if (said[i] !== kb) fail(`README.md says ${said[i] ?? 'nothing'} of ${file}; it is ${kb} kB`);
}

function fail(why) {
  console.error(why);
  process.exitCode = 1;
}
