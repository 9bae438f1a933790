// The second file: everything that shows. The first one fetches it when there is something to show.

import type { Surface } from './core/types';
import { ClaimLock } from './platform/claim-lock';
import { quietly } from './platform/browser';
import { listening } from './platform/listening';
import { watchRoute } from './platform/page';
import { Walker } from './show/walker';
import type { Stage, StageWires } from './stage';
import { checklist } from './ui/checklist';
import { banner, slideout } from './ui/docked';
import { feed } from './ui/feed';
import { hotspot } from './ui/hotspot';
import { modal } from './ui/modal';
import type { Paint, Painted } from './ui/painting';
import type { Look } from './ui/theme';
import { survey } from './ui/survey';
import { tooltip } from './ui/tooltip';
import { tour } from './ui/tour';

// A map: what a server calls a surface must never be looked up on Object.prototype.
const PAINTERS = new Map<Surface, (paint: Paint) => Painted | null>(
  Object.entries({ banner, checklist, hotspot, modal, slideout, survey, tooltip, tour }) as [Surface, typeof tooltip][],
);

function feedFor({ claim, locale, labels, platform, reacted, subject, theme }: StageWires) {
  return feed({
    locale,
    labels,
    theme,
    react: reacted,
    async claim(item) {
      const before = subject();
      const granted = await claim(item, platform.uuid());
      return granted && granted !== 'held' && before === subject() ? granted.offer : null;
    },
  });
}

export function start(given: StageWires): Stage {
  // One object for all that paints, filled again with each answer.
  const theme: Look = { ...given.theme };
  const wires = { ...given, theme };
  const lock = new ClaimLock(wires.platform.store, wires.prefix, (id) => walker.heard(id));
  const walker = new Walker({ ...wires, lock, painter: ({ surface }) => PAINTERS.get(surface) });
  let news = feedFor(wires);
  let bound: boolean | undefined;
  const undo = [
    watchRoute(() =>
      quietly(() => {
        walker.routeChanged();
        if (bound) wires.newPage();
      }),
    ),
  ];
  const on = listening(undo);
  lock.open();
  on(window, 'pagehide', () => lock.close());
  on(window, 'pageshow', () => lock.open());
  on(document, 'visibilitychange', () => walker.consider());
  on(window, 'load', () => walker.consider());
  const clear = () => {
    walker.clear();
    news.stop();
    news = feedFor(wires);
  };
  return {
    offer(nudges, items, answer) {
      bound = answer?.byPage;
      const { light, dark, radius } = answer?.theme ?? {};
      Object.assign(theme, { radius }, given.theme, { light, dark });
      news.update(items);
      walker.offer(nudges);
    },
    consider: () => walker.consider(),
    tracked: (event) => walker.tracked(event),
    toggle: (trigger) => news.toggle(trigger),
    clear,
    stop() {
      undo.forEach((fn) => fn());
      lock.close();
      walker.stop();
      news.stop();
    },
  };
}
