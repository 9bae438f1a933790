// Keep package-lock.json free of addresses: drop the funding links npm copies from the packages.
// `--check` only looks, and fails when an address is left.
import { readFileSync, writeFileSync } from 'node:fs';

const file = new URL('../../../package-lock.json', import.meta.url);
const lock = JSON.parse(readFileSync(file, 'utf8'));
const before = JSON.stringify(lock);
for (const entry of Object.values(lock.packages)) delete entry.funding;
const after = JSON.stringify(lock);
if (process.argv.includes('--check')) {
  if (before !== after || /https?:\/\//.test(after)) {
    console.error('package-lock.json holds an address. Run: node sdk/js/scripts/clean-lock.mjs');
    process.exit(1);
  }
} else writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
