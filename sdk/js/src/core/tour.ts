// Which step of a tour a person is on. Branches and steps already met are resolved by the server.

import type { Nudge, Store, Tour, TourStep, Where } from './types';

/** The steps in the order they are walked; a `next` that leads back to an earlier one ends it. */
export function walk(tour: Tour): TourStep[] {
  const way: TourStep[] = [];
  let key: string | null = tour.start;
  while (key !== null) {
    const step: TourStep | undefined = tour.steps.find((one) => one.key === key);
    if (!step || way.includes(step)) break;
    way.push(step);
    key = step.next ?? null;
  }
  return way;
}

/** Where on the walk the step named `key` is; the start for a step that is no longer on it. */
export function indexOf(way: readonly TourStep[], key: string | null): number {
  return Math.max(0, way.findIndex((step) => step.key === key));
}

/** Where a nudge belongs. A step without a path of its own is on its tour's. */
export function whereOf(nudge: Nudge, key: string | null): Where {
  const { tour, where = {} } = nudge;
  if (!tour) return where;
  const way = walk(tour);
  const step = way[indexOf(way, key)];
  const started = step !== way[0];
  const path = step?.where?.path ?? where.path;
  const anchor = step?.where?.anchor;
  const delay = started ? undefined : where.delay_seconds;
  return { ...(path && { path }), ...(anchor && { anchor }), ...(delay && { delay_seconds: delay }) };
}

/** The steps people are on: in this page for every tour, in storage for those that resume. */
export class Steps {
  private readonly here = new Map<string, string>();

  constructor(
    private readonly store: Store,
    private readonly name: string,
  ) {}

  private stored(): Map<string, string> {
    try {
      return new Map(Object.entries(JSON.parse(this.store.get(this.name) ?? '{}') as Record<string, string>));
    } catch {
      return new Map();
    }
  }

  get(id: string): string | null {
    return this.here.get(id) ?? this.stored().get(id) ?? null;
  }

  set(id: string, step: string, resume: boolean): void {
    this.here.set(id, step);
    if (resume) this.write(this.stored().set(id, step));
  }

  forget(id: string): void {
    this.here.delete(id);
    const all = this.stored();
    if (all.delete(id)) this.write(all);
  }

  private write(all: Map<string, string>): void {
    this.store.set(this.name, all.size ? JSON.stringify(Object.fromEntries(all)) : null);
  }
}
