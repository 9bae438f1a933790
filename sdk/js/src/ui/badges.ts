// The count of unread news on the host's elements marked `data-waypost-feed`: one child each, that goes again.

import { mount } from './mount';
import { el } from './nodes';
import type { Theme } from '../core/public';

const TRIGGER = '[data-waypost-feed]';
const LOOK_MS = 100;

export class Badges {
  private readonly made = new Map<Element, { remove(): void; say(text: string): void }>();
  private text = '';
  private words = '';
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly observer: MutationObserver;

  constructor(private readonly theme: Theme) {
    // The header of an application may mount late, or anew.
    this.observer = new MutationObserver(() => {
      this.timer ??= setTimeout(() => {
        this.timer = undefined;
        this.draw();
      }, LOOK_MS);
    });
  }

  /** `words` say the same to a screen reader. */
  show(count: number, words: string): void {
    this.text = count ? (count > 9 ? '9+' : String(count)) : '';
    this.words = words;
    this.observer.disconnect();
    // Nothing to count, nothing to look for.
    if (count) this.observer.observe(document, { subtree: true, childList: true });
    this.draw();
  }

  private draw(): void {
    const triggers = new Set(document.querySelectorAll<HTMLElement>(TRIGGER));
    for (const [trigger, badge] of this.made) {
      if (this.text && triggers.has(trigger as HTMLElement) && trigger.querySelector('[data-waypost-nudge]')) continue;
      badge.remove();
      this.made.delete(trigger);
    }
    if (!this.text) return;
    for (const trigger of triggers) {
      if (!this.made.has(trigger)) {
        const badge = this.make(trigger);
        if (badge) this.made.set(trigger, badge);
      }
      this.made.get(trigger)?.say(this.text);
    }
  }

  private make(trigger: HTMLElement) {
    const mounted = mount(trigger, this.theme);
    if (!mounted) return null;
    const { host, root } = mounted;
    host.classList.add('badge-host');
    const figure = el('span', { class: 'badge', 'aria-hidden': 'true' });
    const words = el('span', { class: 'sr' });
    root.append(figure, words);
    return {
      remove: () => mounted.remove(),
      say: (text: string) => {
        if (figure.textContent !== text) figure.textContent = text;
        if (words.textContent !== ` ${this.words}`) words.textContent = ` ${this.words}`;
      },
    };
  }

  stop(): void {
    this.observer.disconnect();
    clearTimeout(this.timer);
    this.text = '';
    this.draw();
  }
}
