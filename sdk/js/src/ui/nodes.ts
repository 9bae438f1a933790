// The author's content as DOM, from typed nodes only. Text is text; nothing is ever parsed as HTML.

import type { Block, Inline } from '../core/types';

type Child = Node | string | null | undefined | false;

/** An element with a class, attributes and children. Attributes given as null are left out. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string | null> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null) element.setAttribute(name, value);
  for (const child of children) if (child) element.append(child);
  return element;
}

/** The address if it is https, mailto or of this origin; null for everything else. */
export function safeUrl(href: unknown): URL | null {
  try {
    const url = new URL(String(href), location.href);
    const ours = url.origin === location.origin && /^https?:$/.test(url.protocol);
    return (ours || url.protocol === 'https:' || url.protocol === 'mailto:') && !url.username ? url : null;
  } catch {
    return null;
  }
}

/** A link that cannot script, and does not tell other sites where it came from. */
export function link(href: unknown, className: string | null): HTMLAnchorElement | null {
  const url = safeUrl(href);
  if (!url) return null;
  const leaves = url.protocol === 'https:' && url.origin !== location.origin;
  return el('a', {
    href: url.href,
    class: className,
    rel: leaves ? 'noopener noreferrer' : null,
    target: leaves ? '_blank' : null,
  });
}

function inline(node: Inline): Node | null {
  const within = (parent: HTMLElement, c: Inline[]) => (parent.append(...inlines(c)), parent);
  switch (node?.t) {
    case 'text':
      return document.createTextNode(String(node.v));
    case 'code':
      return el('code', {}, String(node.v));
    case 'strong':
    case 'em':
      return within(el(node.t), node.c);
    case 'link':
      return within(link(node.href, null) ?? el('span'), node.c);
    case 'br':
      return el('br');
    default:
      return null;
  }
}

function inlines(nodes: Inline[] = []): Node[] {
  return nodes.map(inline).filter((node) => node !== null);
}

/** `id` for the one text that describes its card. */
export function body(blocks: Block[] = [], id: string | null = 'body'): HTMLElement {
  const parent = el('div', { class: 'body', id });
  for (const block of Array.isArray(blocks) ? blocks : []) {
    if (block?.t === 'p') parent.append(el('p', {}, ...inlines(block.c)));
    else if (block?.t === 'list') {
      const items = (block.c ?? []).map((item) => el('li', {}, ...inlines(item)));
      parent.append(el(block.ordered ? 'ol' : 'ul', {}, ...items));
    }
  }
  return parent;
}
