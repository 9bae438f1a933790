// The browser's own modal dialog: it keeps Tab inside, makes the page inert and gives the focus back.

import type { Paint, Painted } from './painting';
import { open, rescueFocus } from './a11y';
import { fillCard, focusTitle } from './card';
import { labelsFor } from './labels';
import { mount } from './mount';
import { el } from './nodes';

export function modal({ nudge, react, ...look }: Paint): Painted | null {
  const { content } = nudge;
  const mounted = mount(document.body, look.theme);
  if (!mounted) return null;
  const dialog = el('dialog', { class: 'card modal', 'aria-describedby': 'body' });
  const title = fillCard(dialog, { content, labels: labelsFor(content.lang, look.labels), react });
  mounted.root.append(dialog);
  let closing = false;
  // Escape and the system's back gesture end here.
  dialog.addEventListener('close', () => closing || react('dismissed'));
  dialog.showModal();
  open.push(mounted);
  focusTitle(title);
  return {
    close() {
      closing = true;
      dialog.close();
      open.splice(open.indexOf(mounted), 1);
      mounted.remove();
      rescueFocus();
    },
  };
}
