import { beforeEach, describe, expect, test } from 'vitest';
import { Outbox, type Wiring } from '../src/core/outbox';
import { FakePlatform } from './fake-platform';

let platform: FakePlatform;
let accepted: boolean[];
let tokens: Record<string, string> | null;
let next = 0;

const wiring: Wiring = {
  tokenFor: (user) => (tokens ? (tokens[user ?? 'ana'] ?? null) : ''),
  renewToken: async () => {
    tokens = { ana: 'new' };
    return true;
  },
  accepted: (fresh) => accepted.push(fresh),
  dropped: () => undefined,
};
const open = () => new Outbox(platform, 'wp_pk_x', 'waypost:x:q:', wiring);
const track = (outbox: Outbox, count = 1, size = 1, user = 'ana') => {
  for (let i = 0; i < count; i++) {
    const event = { messageId: `m${++next}`, timestamp: new Date(platform.time).toISOString(), userId: user };
    outbox.push(JSON.stringify({ ...event, event: 'e', pad: 'x'.repeat(size) }), user, true);
  }
};
const messages = () => platform.sent.flatMap((sent) => sent.messages);

beforeEach(() => {
  platform = new FakePlatform();
  accepted = [];
  tokens = null;
  next = 0;
});

describe('batches', () => {
  test('two batches leave at once, what comes next waits for 5 s together', async () => {
    const outbox = open();
    track(outbox);
    await platform.pass(300);
    expect(platform.sent).toHaveLength(1);
    track(outbox);
    await platform.pass(300);
    expect(platform.sent).toHaveLength(2);
    for (let i = 0; i < 3; i++) track(outbox);
    await platform.pass(4000);
    expect(platform.sent).toHaveLength(2);
    await platform.pass(1000);
    expect(platform.sent[2]?.messages).toHaveLength(3);
    expect(platform.sent[2]?.body).toMatchObject({ writeKey: 'wp_pk_x', sentAt: expect.any(String) });
    expect(accepted).toEqual([true, true, true]);
  });

  test('twenty events do not wait, and no batch is larger', async () => {
    const outbox = open();
    track(outbox, 45);
    await platform.pass(6000);
    expect(platform.sent.map((sent) => sent.messages.length)).toEqual([20, 20, 5]);
  });
});

describe('failures', () => {
  test('a 500 is tried again with the same events, and later events wait behind it', async () => {
    const outbox = open();
    platform.answers = [{ status: 500 }, { status: 0 }];
    track(outbox, 2);
    await platform.pass(10_000);
    expect(messages()).toEqual(['m1', 'm2', 'm1', 'm2', 'm1', 'm2']);
    expect(outbox.buffer.size).toBe(0);
  });

  test('Retry-After is obeyed, also by flush', async () => {
    const outbox = open();
    platform.answers = [{ status: 429, retryAfter: 60_000 }];
    track(outbox);
    await platform.pass(1000);
    void outbox.flush();
    track(outbox, 30);
    await platform.pass(58_000);
    expect(platform.sent).toHaveLength(1);
    await platform.pass(2000);
    expect(messages()).toContain('m31');
  });

  test('a 4xx is given up, counted, and the next accepted batch says so', async () => {
    const outbox = open();
    platform.answers = [{ status: 400 }];
    track(outbox, 3);
    await platform.pass(300);
    track(outbox);
    await platform.pass(6000);
    expect(platform.sent[1]?.body.context.dropped).toEqual({ refused_400: 3 });
    expect(outbox.buffer.drops).toEqual({});
  });

  test('a 413 is halved until it fits', async () => {
    const outbox = open();
    platform.answers = [{ status: 413 }, { status: 413 }];
    track(outbox, 8);
    await platform.pass(20_000);
    expect(platform.sent.map((sent) => sent.messages.length)).toEqual([8, 4, 2, 6]);
  });

  test('a refused token is renewed once and the batch comes again', async () => {
    tokens = { ana: 'old' };
    const outbox = open();
    platform.answers = [{ status: 401 }];
    track(outbox);
    await platform.pass(5000);
    expect(platform.sent.map((sent) => sent.body.userToken)).toEqual(['old', 'new']);
  });

  test('events of a person whose token is gone wait for that person', async () => {
    tokens = { bo: 't' };
    const outbox = open();
    track(outbox, 1, 1, 'ana');
    track(outbox, 1, 1, 'bo');
    await platform.pass(10_000);
    expect(messages()).toEqual(['m2']);
    tokens = { ana: 't' };
    outbox.plan();
    await platform.pass(10_000);
    expect(messages()).toEqual(['m2', 'm1']);
  });
});

describe('page hide and reload', () => {
  test('pieces stay under 16 KB, and what the browser refuses waits in storage for the next page', async () => {
    const outbox = open();
    platform.beacons = false;
    platform.answers = Array.from({ length: 9 }, () => ({ status: 0 }));
    track(outbox, 30, 3000);
    outbox.hide();
    expect(Math.max(...platform.sent.map((sent) => JSON.stringify(sent.body).length))).toBeLessThanOrEqual(16_384);
    expect(platform.sent.every((sent) => sent.keepalive)).toBe(true);
    const after = new FakePlatform(platform.disk);
    after.time = platform.time + 1000;
    platform = after;
    open();
    await after.pass(10_000);
    expect(new Set(messages()).size).toBe(30);
    expect(after.disk.size).toBe(0);
  });

  test('a beacon has no answer, so what it carried goes again when the page is seen again', async () => {
    const outbox = open();
    track(outbox, 30, 3000);
    outbox.hide();
    expect(platform.sent.some((sent) => sent.beacon)).toBe(true);
    await platform.pass(10);
    expect(outbox.buffer.size).toBeGreaterThan(0);
    outbox.wake(false);
    await platform.pass(6000);
    expect(outbox.buffer.size).toBe(0);
  });

  test('nothing is sent on hide while the server asked for patience', async () => {
    const outbox = open();
    platform.answers = [{ status: 429, retryAfter: 60_000 }];
    track(outbox);
    await platform.pass(300);
    outbox.hide();
    expect(platform.sent).toHaveLength(1);
  });

  test('after a week, or when unreadable, the spool is forgotten and counted', async () => {
    track(open());
    await platform.pass(100);
    open().hide();
    platform.disk.set('waypost:x:q:bad', '{');
    platform.disk.set('waypost:x:q:old', JSON.stringify([{ messageId: 'old', timestamp: '2020-01-01T00:00:00Z' }]));
    const outbox = open();
    expect(outbox.buffer.drops).toEqual({ unreadable: 1, expired: 1 });
  });
});
