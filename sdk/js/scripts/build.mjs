// dist/waypost.js (script, global `waypost`), dist/waypost.mjs and .cjs (module), dist/waypost-surfaces.* (what paints,
// fetched by each of them when there is something to show), dist/index.d.ts and .d.cts; and the scripts for the server.
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

// What crosses from one file to the other, or to the product, keeps its name.
const names = (file) => readFileSync(join(root, 'src', file), 'utf8').replace(/\/\*[^]*?\*\/|\/\/.*/g, '').match(/\w+/g);
const crossing = new Set(['stage.ts', 'core/public.ts', 'core/types.ts'].flatMap(names));
const both = INTERNAL.filter((name) => crossing.has(name));
if (both.length) throw new Error(`internal-names.mjs holds names that must not be shortened: ${both.join(' ')}`);

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
    module: options.format !== 'iife',
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
await bundle('index.ts', 'waypost.cjs', { format: 'cjs' });

// One file of declarations without imports, because how a path is followed differs between the settings of TypeScript;
// and the same again for `require`.
const tsc = fileURLToPath(new URL('../bin/tsc', import.meta.resolve('typescript')));
const types = join(dist, 'types');
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.json', '--emitDeclarationOnly', '--outDir', types], { cwd: root, stdio: 'inherit' });
const declared = (file) => readFileSync(join(types, file), 'utf8');
const declarations = declared('index.d.ts').replace(/^.* from '.*';\n/gm, '') + '\n' + declared('core/public.d.ts');
if (/\b(from|import)\b *['"(]/.test(declarations)) throw new Error('the declarations import something: public types belong in core/public.ts');
for (const file of ['index.d.ts', 'index.d.cts']) writeFileSync(join(dist, file), declarations);
rmSync(types, { recursive: true });

// Inside the repository the server hands the scripts out; a copy of the package alone has no server beside it.
if (existsSync(dirname(served))) {
  mkdirSync(served, { recursive: true });
  for (const file of ['waypost-surfaces.js', 'waypost.js']) copyFileSync(join(dist, file), join(served, file));
}
