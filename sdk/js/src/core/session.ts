// One place on the screen (interrupting, passive) and the nudge in it, as a state machine.
//
//   idle ─claim→ claiming ─granted→ claimed ─painted→ painted ─seen→ shown ─answered→ said
//    ▲              │refused           │gone            │react / gone  │               │closed
//    └──────────────┴──────────────────┴────────────────┴──────────────┴───────────────┘

import type { Reaction } from './public';

export interface Session {
  /** `said`: answered, and the thanks are still on the screen. */
  readonly phase: 'idle' | 'claiming' | 'claimed' | 'painted' | 'shown' | 'said';
  readonly nudge: string | null;
  readonly offer: string | null;
  /** The reaction this very step has to report; null for most steps. */
  readonly report: Reaction | null;
}

export type Step =
  | { do: 'claim'; nudge: string }
  | { do: 'granted'; offer: string }
  | { do: 'painted' }
  | { do: 'seen' }
  | { do: 'react'; reaction: Reaction }
  /** Refused by the server, or the page changed underneath: leave without a word. */
  | { do: 'leave' };

export const IDLE: Session = { phase: 'idle', nudge: null, offer: null, report: null };

/** The next state. A step that makes no sense in this state changes nothing and reports nothing. */
export function next(now: Session, step: Step): Session {
  const same = now.report ? { ...now, report: null } : now;
  const onScreen = now.phase === 'painted' || now.phase === 'shown';
  switch (step.do) {
    case 'claim':
      return now.phase === 'idle' ? { ...IDLE, phase: 'claiming', nudge: step.nudge } : same;
    case 'granted':
      return now.phase === 'claiming' ? { ...same, phase: 'claimed', offer: step.offer } : same;
    case 'painted':
      return now.phase === 'claimed' ? { ...same, phase: 'painted' } : same;
    case 'seen':
      return now.phase === 'painted' ? { ...same, phase: 'shown', report: 'shown' } : same;
    case 'react':
      if (now.phase === 'said') return IDLE;
      // Offer and nudge stay for the one report; the phase says whether the place is free.
      return onScreen ? { ...same, phase: after(step.reaction, now.phase), report: step.reaction } : same;
    case 'leave':
      return IDLE;
  }
}

function after(reaction: Reaction, phase: Session['phase']): Session['phase'] {
  return reaction === 'stepped' ? phase : reaction === 'answered' ? 'said' : 'idle';
}
