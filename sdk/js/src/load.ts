// Where the second file comes from in the module build: the bundler of the product decides.

import type { Load } from './stage';

export const load: Load = () => import('./surfaces');
