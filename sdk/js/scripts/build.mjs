// dist/waypost.js (script, global `waypost`), dist/waypost.mjs (module), dist/*.d.ts; and the script for the server.
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
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

/** esbuild puts the modules together; terser, slower and tighter, makes them small. */
async function bundle(entry, file, options) {
  const made = await build({
    entryPoints: [join(root, 'src', entry)],
    bundle: true,
    write: false,
    target: ['es2020'],
    plugins: [stylesOnOneLine],
    mangleProps: new RegExp(`^(${INTERNAL.join('|')})$`),
    ...options,
  });
  const small = await minify(made.outputFiles[0].text, {
    module: options.format === 'esm',
    compress: { passes: 4, ecma: 2020, unsafe_arrows: true, pure_getters: true, hoist_props: true },
    mangle: true,
    format: { comments: false, ecma: 2020 },
  });
  writeFileSync(join(dist, file), small.code);
}

await bundle('global.ts', 'waypost.js', { format: 'iife' });
await bundle('index.ts', 'waypost.mjs', { format: 'esm' });
const tsc = fileURLToPath(new URL('../bin/tsc', import.meta.resolve('typescript')));
execFileSync(process.execPath, [tsc, '-p', 'tsconfig.json', '--emitDeclarationOnly'], { cwd: root, stdio: 'inherit' });
// Inside the repository the server hands the script out; a copy of the package alone has no server beside it.
if (existsSync(dirname(served))) {
  mkdirSync(served, { recursive: true });
  copyFileSync(join(dist, 'waypost.js'), join(served, 'waypost.js'));
}
