// dist/waypost.js (script, global `waypost`), dist/waypost.mjs (module), dist/waypost-surfaces.* (what paints, fetched by
// either when there is something to show), dist/*.d.ts; and the scripts for the server.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { minify } from 'terser';
import { INTERNAL } from './internal-names.mjs';
import { stylesOnOneLine } from './styles.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, 'dist');
const served = join(root, '../../server/waypost_server/sdk_static');
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);

// What crosses from one file to the other keeps its name.
const crossing = new Set(['stage.ts', 'core/types.ts'].flatMap((file) => readFileSync(join(root, 'src', file), 'utf8').match(/\w+/g)));
const both = INTERNAL.filter((name) => crossing.has(name));
if (both.length) throw new Error(`internal-names.mjs holds names that both files use: ${both.join(' ')}`);

/** Imports of `./load` and `./surfaces` go where the build says, not where the sources do. */
const led = (to) => ({
  name: 'led',
  setup(build) {
    build.onResolve({ filter: /^\.\/(load|surfaces)$/ }, ({ path, kind }) => {
      if (kind === 'dynamic-import') return { path: './waypost-surfaces.mjs', external: true };
      return path === './load' ? { path: join(root, 'src', to) } : undefined;
    });
  },
});

/** esbuild puts the modules together; terser, slower and tighter, makes them small. */
async function bundle(entry, file, { load = 'load.ts', ...options }) {
  const made = await build({
    entryPoints: [join(root, 'src', entry)],
    bundle: true,
    write: false,
    target: ['es2021'],
    plugins: [stylesOnOneLine, led(load)],
    mangleProps: new RegExp(`^(${INTERNAL.join('|')})$`),
    ...options,
  });
  const small = await minify(made.outputFiles[0].text, {
    module: options.format === 'esm',
    compress: { passes: 4, ecma: 2021, unsafe_arrows: true, pure_getters: true, hoist_props: true },
    mangle: true,
    format: { comments: false, ecma: 2021 },
  });
  writeFileSync(join(dist, file), small.code);
  return small.code;
}

const surfaces = await bundle('surfaces.ts', 'waypost-surfaces.js', { format: 'esm' });
copyFileSync(join(dist, 'waypost-surfaces.js'), join(dist, 'waypost-surfaces.mjs'));
// The server knows the same digest: under this address the file never changes.
const digest = createHash('sha256').update(surfaces).digest('hex').slice(0, 16);
const define = { SURFACES_FILE: JSON.stringify(`waypost-surfaces.js?v=${digest}`) };
await bundle('global.ts', 'waypost.js', { format: 'iife', load: 'load-script.ts', define });
await bundle('index.ts', 'waypost.mjs', { format: 'esm' });
const tsc = fileURLToPath(new URL('../bin/tsc', import.meta.resolve('typescript')));
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.json', '--emitDeclarationOnly'], { cwd: root, stdio: 'inherit' });
// Inside the repository the server hands the scripts out; a copy of the package alone has no server beside it.
if (existsSync(dirname(served))) {
  mkdirSync(served, { recursive: true });
  for (const file of ['waypost-surfaces.js', 'waypost.js']) copyFileSync(join(dist, file), join(served, file));
}
