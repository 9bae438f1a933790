// The feed of announcements: a badge that counts, and a panel that opens because somebody wants to read.

import type { Labels, Reaction, Theme } from '../core/public';
import type { Announcement, Detail } from '../core/types';
import { Badges } from './badges';
import { fill, labelsFor } from './labels';
import { panel } from './panel';

export interface FeedWires {
  theme: Theme;
  labels: Partial<Labels> | undefined;
  /** BCP 47, for dates. */
  locale: string;
  /** The offer, or null when the server holds it or did not answer. */
  claim(item: Announcement): Promise<string | null>;
  react(item: Announcement, reaction: Reaction, offer: string | null, detail?: Detail): void;
}

export interface Feed {
  update(items: readonly Announcement[]): void;
  /** Open the panel beside `trigger`, or close it when it is open. */
  toggle(trigger: HTMLElement | null): void;
  stop(): void;
}

/** Shown means visible for a whole second. */
const SEEN_MS = 1000;
const MOST = 20;

export function feed(wires: FeedWires): Feed {
  let items: readonly Announcement[] = [];
  /** Read in this page, though a decision from before may still say otherwise. */
  const read = new Set<string>();
  const offers = new Map<string, string>();
  let close: (() => void) | null = null;
  const badges = new Badges(wires.theme);
  const labels = labelsFor(wires.locale, wires.labels);
  const isUnread = (item: Announcement) => !item.read && !read.has(item.key);

  const count = () => {
    const unread = items.filter((item) => item.badge && isUnread(item)).length;
    badges.show(unread, fill(labels.unread, { count: unread }));
  };

  /** Opening is reading; the server hears of each, and says which count. */
  const claim = async (unread: readonly Announcement[]) => {
    const opened = Date.now();
    const granted = await Promise.all(unread.map((item) => wires.claim(item).catch(() => null)));
    const left = Math.max(0, SEEN_MS - (Date.now() - opened));
    unread.forEach((item, i) => {
      const offer = granted[i];
      if (offer) offers.set(item.key, offer);
    });
    setTimeout(() => {
      if (!close) return;
      for (const item of unread) {
        const offer = offers.get(item.key);
        if (!offer || read.has(item.key)) continue;
        read.add(item.key);
        wires.react(item, 'shown', offer);
      }
      count();
    }, left);
  };

  const open = (trigger: HTMLElement | null) => {
    const unread = items.filter(isUnread);
    close = panel({
      ...wires,
      trigger,
      labels,
      items,
      isUnread,
      react: (item, reaction, detail) => wires.react(item, reaction, offers.get(item.key) ?? null, detail),
      closed: () => (close = null),
    });
    if (close) void claim(unread);
  };

  return {
    update(list) {
      items = list.slice(0, MOST);
      count();
    },
    toggle(trigger) {
      if (close) close();
      else open(trigger);
    },
    stop() {
      close?.();
      badges.stop();
    },
  };
}
