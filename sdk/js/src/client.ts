// Wires the core to this browser: who is here, what happened, what to show.

import { backoff } from './core/backoff';
import { Outbox } from './core/outbox';
import type { Events, NudgeEvent, Options, Properties, Reaction } from './core/public';
import type { Announcement, Detail, Nudge, Reply } from './core/types';
import { SETTLE_MS, began } from './core/visit';
import { cleanId } from './core/wire';
import { type Listeners, call, listen, tell } from './listeners';
import { load } from './load';
import { browserPlatform, quietly } from './platform/browser';
import { listening } from './platform/listening';
import { timezone } from './platform/timezone';
import type { Answer, Granted, Stage } from './stage';

/** The ways a message may reach a person, and all of them. */
const CHANNELS = ['in_app', 'email', 'chat', 'all'];
const ASK_MS = 20;
const AGAIN_MS = 300;

function page(): Properties {
  return { path: location.pathname, title: document.title };
}

export class Client {
  private readonly platform;
  private readonly outbox: Outbox;
  /** The second file, once there was something to show. */
  private stage: Stage | null = null;
  private loading: Promise<Stage | null> | null = null;
  private isClosed = false;
  private nudges: Nudge[] = [];
  private news: Announcement[] = [];
  private readonly listeners: Listeners = new Map();
  private readonly undo: (() => void)[] = [];
  private readonly prefix: string;
  private userId: string | null = null;
  private accountId: string | null;
  private anonymousId: string;
  private token: string | null;
  private etag: string | null = null;
  private expires = 0;
  private failures = 0;
  private cancelAsk: (() => void) | null = null;
  private asked = 0;

  constructor(private readonly options: Options) {
    const { key, host = '' } = options;
    this.platform = browserPlatform(host.replace(/\/+$/, ''), key);
    this.prefix = `waypost:${key}:`;
    this.accountId = cleanId(options.accountId);
    this.token = options.userToken ?? null;
    this.anonymousId = this.visitor();
    this.outbox = new Outbox(this.platform, key, `${this.prefix}q:`, {
      tokenFor: (user) => this.tokenFor(user),
      renewToken: () => this.renewToken(),
      accepted: (fresh) => fresh && this.userId && this.ask(AGAIN_MS),
      dropped: (drops) => {
        this.debug('events lost', drops);
        tell(this.listeners, 'drop', { ...drops });
      },
    });
    this.listen();
  }

  private listen(): void {
    const on = listening(this.undo);
    on(window, 'pagehide', () => this.outbox.hide());
    on(window, 'pageshow', (event) => (event as PageTransitionEvent).persisted && this.outbox.wake(true));
    on(document, 'visibilitychange', () => {
      if (document.hidden) return this.outbox.hide();
      this.outbox.wake(false);
      if (this.userId && this.platform.now() > this.expires) this.ask(0);
    });
    on(document, 'click', (event) => {
      const trigger = event.composedPath().find((one) => one instanceof Element && one.matches('[data-waypost-feed]'));
      if (trigger) this.show((stage) => stage.toggle(trigger as HTMLElement));
    });
  }

  private visitor(fresh = false): string {
    const { store, uuid } = this.platform;
    const id = (!fresh && store.get(`${this.prefix}anonymous`)) || uuid();
    store.set(`${this.prefix}anonymous`, id);
    return id;
  }

  // What the product says

  identify(id: unknown, traits?: Properties): void {
    const userId = cleanId(id);
    if (!userId) return this.debug('identify needs a user id, got', id);
    const changed = userId !== this.userId;
    // A static token belongs to the first person named; another one needs getToken.
    if (changed && this.userId) this.forget(null);
    this.userId = userId;
    if (changed || traits) this.record('identify', { traits: traits ?? {} });
    if (!changed) return;
    if (this.options.getToken) void this.renewToken().then(() => this.ask(0));
    else this.ask(ASK_MS);
  }

  group(id: unknown, traits?: Properties): void {
    const accountId = cleanId(id);
    if (!accountId) return this.debug('group needs an account id, got', id);
    const changed = accountId !== this.accountId;
    this.accountId = accountId;
    if (changed || traits) this.record('group', { groupId: accountId, traits: traits ?? {} });
    if (!changed) return;
    this.clear();
    this.etag = null;
    if (this.userId) this.ask(ASK_MS);
  }

  track(event: unknown, properties: Properties = {}): void {
    if (typeof event !== 'string' || !event) return this.debug('track needs an event name, got', event);
    this.record('track', { event, properties });
    this.stage?.tracked(event);
  }

  consent(channel: unknown, allowed: unknown, topic?: string): void {
    if (typeof channel !== 'string' || !CHANNELS.includes(channel) || typeof allowed !== 'boolean') {
      return this.debug(`consent needs ${CHANNELS.join()} and true or false, got`, channel, allowed);
    }
    this.track('$consent', { channel, allowed, ...(topic && { topic }) });
  }

  feed(): void {
    this.show((stage) => stage.toggle(null));
  }

  page(name?: string): void {
    this.record('page', { ...(name && { name }), properties: page() });
  }

  /** The person signed out: nothing of theirs stays on the screen or in the next event. */
  reset(): void {
    this.forget(this.options.userToken ?? null);
    this.userId = null;
    this.accountId = cleanId(this.options.accountId);
    this.anonymousId = this.visitor(true);
  }

  refresh(): void {
    if (this.userId) this.ask(0);
  }

  flush(): Promise<void> {
    return this.outbox.flush();
  }

  on<K extends keyof Events>(name: K, listener: (value: Events[K]) => void): () => void {
    return listen(this.listeners, name, listener);
  }

  close(): void {
    // First, while the person and the token to send with are known.
    this.outbox.close();
    this.cancelAsk?.();
    this.asked++;
    // An answer may still be in the air; it finds nobody to decide for.
    this.userId = null;
    this.undo.splice(0).forEach((fn) => fn());
    this.isClosed = true;
    this.stage?.stop();
  }

  private forget(token: string | null): void {
    // While the old token is still known: afterwards these wait for their person to come back.
    this.outbox.hide();
    this.clear();
    this.cancelAsk?.();
    this.asked++;
    this.etag = null;
    this.token = token;
  }

  private record(type: string, fields: Properties): void {
    const { accountId, anonymousId, userId, platform } = this;
    try {
      this.began();
      const event = {
        type,
        messageId: platform.uuid(),
        timestamp: new Date(platform.now()).toISOString(),
        anonymousId,
        ...(userId && { userId }),
        ...fields,
        context: { ...(accountId && { groupId: accountId }), page: { path: location.pathname } },
      };
      const fresh = fields.event !== '$nudge';
      this.outbox.push(JSON.stringify(event), userId, fresh);
    } catch {
      this.outbox.lose('not_json');
    }
  }

  // Tokens

  private get signed(): boolean {
    return !!(this.options.userToken || this.options.getToken);
  }

  private tokenFor(user: string | null): string | null {
    if (!this.signed) return '';
    return user === null || user === this.userId ? this.token : null;
  }

  private async renewToken(): Promise<boolean> {
    const { userId } = this;
    const { getToken } = this.options;
    if (!getToken || !userId) return false;
    try {
      const token = await getToken(userId);
      if (userId !== this.userId) return false;
      this.token = token;
      this.outbox.plan();
      return !!token;
    } catch (error) {
      this.debug('getToken failed', error);
      return false;
    }
  }

  // What Waypost answers

  private request(path: string, fields: Properties, etag: string | null = null): Promise<Reply> {
    const { accountId, userId, platform, token, locale } = this;
    const who = { userId, ...(accountId && { accountId }), ...(token && { userToken: token }) };
    const context = {
      ...(fields.context as Properties),
      locale,
      page: page(),
      viewport: innerWidth,
      sessionStartedAt: new Date(this.began()).toISOString(),
    };
    return platform.post(path, JSON.stringify({ ...who, ...fields, context }), { auth: true, etag });
  }

  private began(): number {
    return began(this.platform.store, `${this.prefix}visit`, this.platform.now());
  }

  /** Ask for a decision in `ms`; several reasons at once make one request. */
  private ask(ms: number): void {
    this.cancelAsk?.();
    this.cancelAsk = this.platform.later(() => this.decide(), ms);
  }

  private async decide(renewed = false): Promise<void> {
    this.cancelAsk = null;
    if (!this.userId) return;
    const turn = ++this.asked;
    const reply = await this.request('/v1/decide', { context: { timezone: timezone(this.platform.store, `${this.prefix}zone`) } }, this.etag);
    // Asked again meanwhile, or for somebody else: the later answer counts.
    if (turn !== this.asked) return;
    const { status, body } = reply;
    this.debug('decide answered', status, body);
    const answer = body as ({ nudges?: Nudge[]; feed?: Announcement[]; ttl?: number } & Answer) | null;
    if (status === 200 || status === 304) {
      this.failures = 0;
      const now = this.platform.now();
      this.expires = now + (answer?.ttl ?? 300) * 1000;
      // What the first minute held back is asked for when it is over.
      const settled = this.began() + SETTLE_MS;
      if (settled > now) this.ask(settled - now + 500);
      if (status === 304) return this.stage?.consider();
      this.etag = reply.etag;
      this.nudges = usable(answer?.nudges);
      this.news = usable(answer?.feed);
      tell(this.listeners, 'decide', this.nudges.map((nudge) => nudge.key));
      // Nothing to show and nothing to take back: the second file can wait.
      if (this.stage || answer?.byPage || this.nudges[0] || this.news[0]) {
        this.show((stage) => stage.offer(this.nudges, this.news, answer));
      }
      return;
    }
    if (status === 401 && !renewed && (await this.renewToken())) return this.decide(true);
    tell(this.listeners, 'unavailable', status);
    // A host that does not allow the conditional header across origins must not cost the decision.
    this.etag = null;
    if (status === 0 || status === 429 || status >= 500) {
      this.ask(reply.retryAfter ?? 1000 + backoff(++this.failures, this.platform.random(), 1000, 300_000));
    }
  }

  private clear(): void {
    this.nudges = [];
    this.news = [];
    this.stage?.clear();
  }

  /** With the second file, fetched when it is not here yet. */
  private show(use: (stage: Stage) => void): void {
    this.loading ??= this.raise();
    void this.loading.then((stage) => stage && quietly(() => use(stage)));
  }

  /** Null: it could not be had. The next time it is asked for again. */
  private async raise(): Promise<Stage | null> {
    const { options, platform, prefix, locale } = this;
    try {
      const { start } = await load();
      if (this.isClosed) return null;
      this.stage = start({
        platform,
        prefix,
        labels: options.labels,
        theme: options.theme ?? {},
        locale,
        claim: (nudge, claimId) => this.claim(nudge, claimId),
        subject: () => `${this.userId} ${this.accountId}`,
        newPage: () => this.ask(ASK_MS),
        reacted: (...what) => this.reacted(...what),
        debug: (...words) => this.debug(...words),
      });
      return this.stage;
    } catch (error) {
      this.debug('surfaces did not load', error);
      this.loading = null;
      return null;
    }
  }

  private get locale(): string {
    return this.options.locale ?? navigator.language;
  }

  private async claim(nudge: Nudge | Announcement, claimId: string): Promise<Granted | 'held' | null> {
    const fields = { nudge: nudge.key, release: nudge.release, claimId };
    let reply = await this.request('/v1/claim', fields);
    if (reply.status === 401 && (await this.renewToken())) reply = await this.request('/v1/claim', fields);
    const body = reply.body as Granted | null;
    if (reply.status === 200 && body?.granted) return body;
    this.debug('claim answered', reply.status, reply.body);
    return reply.status >= 400 && reply.status < 500 && reply.status !== 429 ? 'held' : null;
  }

  private reacted(nudge: Nudge | Announcement, reaction: Reaction, offer: string | null, detail: Detail = {}): void {
    const { action, answers, days, event, step, url } = detail;
    this.debug(reaction, nudge.key);
    this.track('$nudge', {
      nudge: nudge.key,
      offer,
      reaction,
      ...(days && { snooze_days: days }),
      ...(step && { step }),
      ...(answers && { answers }),
      ...(action && { action: action.label }),
    });
    if (action?.event) this.track(action.event, { nudge: nudge.key });
    const told: NudgeEvent = {
      type: reaction,
      nudge: nudge.key,
      offer,
      ...(action && { action: { label: action.label, ...(url && { url }), ...(action.event && { event: action.event }) } }),
      ...(days && { snoozeDays: days }),
      ...(step && { step }),
      preventDefault: () => event?.preventDefault(),
    };
    call(this.options.onNudge, told);
    tell(this.listeners, 'nudge', told);
  }

  private debug(...words: unknown[]): void {
    if (this.options.debug) console.debug('[waypost]', ...words);
  }
}

/** What a nudge cannot do without: the rest is checked where it is used. */
function usable<T extends Nudge | Announcement>(list: T[] | undefined): T[] {
  return Array.isArray(list) ? list.filter((one) => one?.key && one.content) : [];
}
