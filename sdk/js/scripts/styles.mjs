// esbuild leaves CSS inside a template literal as it is: this takes the line breaks out of ui/styles.ts.
import { readFileSync } from 'node:fs';

export const stylesOnOneLine = {
  name: 'styles-on-one-line',
  setup(build) {
    build.onLoad({ filter: /ui[\\/]styles(-surfaces)?\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(/`\n([^`]*)`/, (_, css) => `\`${css.replace(/\n/g, '')}\``),
      loader: 'ts',
    }));
  },
};
