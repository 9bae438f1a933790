// The browser's own modal dialog: it keeps Tab inside, makes the page inert and gives the focus back.

import { open, rescueFocus } from './a11y';
import { fillCard } from './card';
import { type Close, mount, type Paint } from './mount';
import { el } from './nodes';

export function modal(paint: Paint): Close | null {
  const mounted = mount(document.body, paint.theme);
  if (!mounted) return null;
  const dialog = el('dialog', { class: 'card modal', 'aria-describedby': 'body' });
  const title = fillCard(dialog, paint.content, paint.labels, paint.react);
  mounted.root.append(dialog);
  let closing = false;
  // Escape and the system's back gesture end here.
  dialog.addEventListener('close', () => closing || paint.react('dismissed'));
  dialog.showModal();
  open.push(mounted.host);
  // The title first, not the close button: what it is comes before how to leave it.
  title.tabIndex = -1;
  title.focus();
  return () => {
    closing = true;
    dialog.close();
    open.splice(open.indexOf(mounted.host), 1);
    mounted.remove();
    rescueFocus();
  };
}
