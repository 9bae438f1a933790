// Where the second file comes from in the script build: beside the first, under the digest of its content. A dynamic
// import needs nothing of a strict policy that the first file did not need, a nonce included.

import type { Load } from './stage';

declare const SURFACES_FILE: string;

const from = document.currentScript as HTMLScriptElement | null;

export const load: Load = () => import(new URL(SURFACES_FILE, from?.src || location.href).href);
