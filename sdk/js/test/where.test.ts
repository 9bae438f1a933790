import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { pathMatches, pathsOf } from '../src/core/where';

const file = resolve(import.meta.dirname, '../../../tests/vectors/where.json');
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as {
  cases: { pattern: string | null; path: string; matches: boolean }[];
};

test.each(cases)('$pattern on $path: $matches', ({ pattern, path, matches }) => {
  expect(pathMatches(pattern ?? undefined, path)).toBe(matches);
});

test('a hash router answers to both of its paths', () => {
  expect(pathsOf('/app', '#/reports/7')).toEqual(['/app', '/reports/7']);
  expect(pathsOf('/app', '#!/reports')).toEqual(['/app', '/reports']);
  expect(pathsOf('/app', '#section')).toEqual(['/app']);
});
