// Draws the API description. Text goes in as text, never as HTML.
'use strict';

/** An element with attributes and children; strings become text. */
function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== undefined) node.setAttribute(key, value);
  node.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null));
  return node;
}

/** Words with `code` between backticks. */
function prose(text) {
  return text.split('`').map((part, index) => (index % 2 ? el('code', {}, part) : part));
}

const SAMPLES = {
  id: 'acme', name: 'Acme Freight', userId: 'u-17', accountId: 'acme', groupId: 'acme', anonymousId: 'a-9f2c',
  messageId: 'm-51c7', event: 'Report Exported', writeKey: 'wp_pk_…', email: 'ada@acme.example', locale: 'de-DE',
  timezone: 'Europe/Berlin', role: 'admin', segment: 'small', motion: 'long_tail', owner: 'p-3', feature: 'report_export',
  milestone: 'first_automation', kind: 'usage_decay', trust: 'verified', nudge: 'automation-halfway', play: 'usage-drop',
  key: 'automation-halfway', surface: 'tooltip', path: '/automations/*', anchor: 'automation-launch', offer: 'of-77',
  channel: 'email', template: 'usage-drop-tips', recipient: 'ada@acme.example', subject: 'Three ways to use reports',
  title: 'Use has halved', draft: 'Hello Ada,', outcome: 'done', reason: '', note: 'Called, sends a plan', author: 'ada',
  actor: 'ada', message: 'Says what to do', code: 'bad_timestamp', digest: '9f86d081884c7d65…', detail: '',
  handling: 'run', handlingReason: '', closedReason: null, closedAt: null, endedAt: null, snoozedUntil: null,
  runId: 'r-12', signalId: 's-40', next: null, body: 'Hello Ada,', bodyHead: '{"type":"track"}',
};

class Page {
  constructor(api) {
    this.api = api;
    this.entries = [];
  }

  resolve(schema) {
    if (!schema || !schema.$ref) return schema || {};
    return schema.$ref.split('/').slice(1).reduce((node, key) => node[key], this.api);
  }

  typeOf(schema) {
    const found = this.resolve(schema);
    if (found.enum) return found.enum.filter((each) => each !== null).join(', ');
    if (found.anyOf) return found.anyOf.map((each) => this.typeOf(each)).join(' or ');
    const types = [].concat(found.type || 'any').map((type) => {
      if (type === 'array') return `list of ${this.typeOf(found.items)}`;
      return type === 'string' && found.format ? found.format : type;
    });
    return types.join(' or ');
  }

  range(schema) {
    const found = this.resolve(schema);
    const low = found.minimum ?? found.minLength;
    const high = found.maximum ?? found.maxLength;
    const unit = found.maxLength !== undefined || found.minLength !== undefined ? ' characters' : '';
    if (low !== undefined && high !== undefined) return `, ${low} to ${high}${unit}`;
    if (high !== undefined) return `, at most ${high}${unit}`;
    return '';
  }

  field(name, schema, { required = false, depth = 0, description, given = true } = {}) {
    const found = this.resolve(schema);
    const words = description || found.description || '';
    const standard = found.default !== undefined && found.default !== null ? ` Default ${found.default}.` : '';
    const row = el('div', { class: 'field' },
      el('dt', {}, el('code', {}, name), required ? el('small', {}, 'required') : undefined),
      el('dd', {}, el('span', { class: 'type' }, this.typeOf(schema) + this.range(schema)),
        words || standard ? ['. ', prose(words + standard)] : undefined));
    const inner = this.resolve(found.type === 'array' ? found.items : schema);
    if (inner.properties && depth < 3) {
      row.append(el('details', { class: 'nested' }, el('summary', {}, `Fields of ${name}`),
        this.fields(inner, depth + 1, given)));
    }
    return row;
  }

  fields(schema, depth = 0, given = true) {
    const found = this.resolve(schema);
    const required = new Set(given ? found.required || [] : []); // in an answer everything named is there
    return el('dl', { class: 'fields' }, Object.entries(found.properties || {}).map(
      ([name, each]) => this.field(name, each, { required: required.has(name), depth, given })));
  }

  example(schema, depth = 0) {
    const found = this.resolve(schema);
    if (found.example !== undefined) return found.example;
    if (found.enum) return found.enum.find((each) => each !== null);
    const type = [].concat(found.type || 'object').find((each) => each !== 'null');
    if (type === 'array') return depth > 4 ? [] : [this.example(found.items, depth + 1)];
    if (type === 'object') {
      return Object.fromEntries(Object.entries(found.properties || {}).map(
        ([name, each]) => [name, this.sampleOf(name, each, depth + 1)]));
    }
    if (type === 'string') return this.sampleText(found.format);
    return type === 'boolean' ? true : type === 'number' ? 0.8 : 1;
  }

  sampleOf(name, schema, depth) {
    const types = [].concat(this.resolve(schema).type || 'object');
    const plain = types.includes('string') && !this.resolve(schema).enum && this.resolve(schema).example === undefined;
    return plain && name in SAMPLES && !(SAMPLES[name] === null && !types.includes('null')) ? SAMPLES[name]
      : this.example(schema, depth);
  }

  sampleText(format) {
    if (format === 'date') return '2026-11-23';
    if (format === 'date-time') return '2026-11-23T10:00:00.000Z';
    return format === 'uuid' ? '0198f2a4-6c1e-7b53-9a44-2f0d8f3e6c11' : 'text';
  }

  body(operation) {
    return operation.requestBody?.content['application/json'];
  }

  answer(operation) {
    const code = Object.keys(operation.responses).find((each) => each.startsWith('2'));
    const response = this.resolve(operation.responses[code]);
    const content = response.content && response.content['application/json'];
    return { code, schema: content && content.schema };
  }

  curl(path, method, operation) {
    const ids = { account_id: 'acme', user_id: 'u-17', task_id: 't-9', delivery_id: 'd-31', number: '1', first: '1', second: '2' };
    const sent = this.every(operation).filter((each) => each.example !== undefined);
    const query = sent.filter((each) => each.in === 'query').map((each) => `${each.name}=${encodeURIComponent(each.example)}`);
    const address = location.origin + path.replace(/{(\w+)}/g, (_, name) => ids[name] || name);
    const body = this.body(operation);
    const lines = [`curl -u "$WAYPOST_KEY:"`, `  '${[address, ...query].join('?')}'`];
    if (method !== (body ? 'post' : 'get')) lines.push(`  -X ${method.toUpperCase()}`);
    for (const { name, example } of sent.filter((each) => each.in === 'header')) lines.push(`  -H '${name}: ${example}'`);
    if (body) lines.push("  -H 'Content-Type: application/json'", `  -d '${JSON.stringify(body.example, null, 2)}'`);
    else if (operation.requestBody) {
      const [type] = Object.keys(operation.requestBody.content);
      lines.push(`  -H 'Content-Type: ${type}'`, '  --data-binary @message.eml');
    }
    return lines.join(' \\\n');
  }

  every(operation) {
    return (operation.parameters || []).map((each) => this.resolve(each));
  }

  parameters(operation) {
    const every = this.every(operation);
    if (!every.length) return [];
    const rows = every.map((each) => this.field(each.name, each.schema, {
      required: each.required, description: each.description || (each.in === 'path' ? 'In the path.' : undefined) }));
    return [el('h4', {}, 'Parameters'), el('dl', { class: 'fields' }, rows)];
  }

  /** What may go wrong: each status with its codes, folded away. */
  errors(operation) {
    const rows = Object.entries(operation.responses).filter(([status]) => status >= '400').flatMap(([status, response]) => {
      const content = this.resolve(response).content['application/problem+json'];
      return Object.entries(content.examples).map(([code, { value }]) => el('div', { class: 'field' },
        el('dt', {}, el('code', {}, code), el('small', {}, status)), el('dd', {}, prose(value.message))));
    });
    return el('details', { class: 'nested' }, el('summary', {}, 'Errors'), el('dl', { class: 'fields' }, rows));
  }

  operation(path, method, operation) {
    const id = operation.operationId;
    const { code, schema } = this.answer(operation);
    const body = this.body(operation);
    const words = el('div', { class: 'words' },
      el('h3', {}, el('a', { href: `#${id}` }, operation.summary || id)),
      el('p', { class: 'call' }, el('b', { class: method }, method.toUpperCase()), el('code', {}, path)),
      el('p', { class: 'scope' }, `Needs a key with the scope ${operation['x-scope']}.`),
      operation.description ? el('p', {}, operation.description) : undefined,
      this.parameters(operation),
      body ? [el('h4', {}, 'Body'), this.fields(body.schema)] : undefined,
      schema ? [el('h4', {}, `Answer ${code}`), this.fields(schema, 0, false)] : undefined,
      this.errors(operation));
    const sample = el('div', { class: 'sample' }, el('h4', {}, 'Request'),
      el('pre', { tabindex: '0', 'aria-label': 'Request' }, this.curl(path, method, operation)));
    if (schema) {
      sample.append(el('h4', {}, `Answer ${code}`),
        el('pre', { tabindex: '0', 'aria-label': 'Answer' }, JSON.stringify(this.example(schema), null, 2)));
    }
    return el('article', { class: 'operation', id }, words, sample);
  }

  draw(main, index) {
    const { info, tags = [], paths } = this.api;
    main.replaceChildren(
      el('h1', {}, info.title, el('span', { class: 'version' }, `version ${info.version}, `,
        el('a', { href: '/v1/openapi.json' }, 'openapi.json'))),
      el('div', { class: 'intro' }, info.description.split('\n\n').map((text) => el('p', {}, prose(text)))));
    for (const tag of tags) {
      const section = el('section', {}, el('h2', {}, title(tag.name)), el('p', {}, prose(tag.description || '')));
      const list = el('ul');
      for (const [path, item] of Object.entries(paths)) {
        for (const [method, operation] of Object.entries(item)) {
          if (!(operation.tags || []).includes(tag.name)) continue;
          const article = this.operation(path, method, operation);
          const link = el('li', {}, el('a', { href: `#${article.id}` }, operation.summary));
          section.append(article);
          list.append(link);
          const text = `${method} ${path} ${operation.summary} ${tag.name}`.toLowerCase();
          this.entries.push({ text, article, link });
        }
      }
      if (!list.children.length) continue;
      const heading = el('h2', {}, title(tag.name));
      this.entries.push({ of: list, section, heading });
      index.append(heading, list);
      main.append(section);
    }
    this.nothing = el('p', { class: 'empty', role: 'status', hidden: '' }, 'No operation has these words.');
    main.append(this.nothing);
  }

  find(words) {
    const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
    let hits = 0;
    for (const entry of this.entries) {
      if (entry.of) {
        const none = [...entry.of.children].every((each) => each.hidden);
        entry.section.hidden = entry.heading.hidden = none;
      } else {
        const fits = wanted.every((word) => entry.text.includes(word));
        entry.article.hidden = entry.link.hidden = !fits;
        hits += fits;
      }
    }
    this.nothing.hidden = hits > 0;
  }
}

function title(name) {
  return (name.charAt(0).toUpperCase() + name.slice(1)).replaceAll('_', ' ');
}

function mark() {
  for (const link of document.querySelectorAll('.side li a')) {
    if (link.getAttribute('href') === location.hash) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  }
}

async function start() {
  const main = document.getElementById('main');
  try {
    const response = await fetch('/v1/openapi.json');
    if (!response.ok) throw new Error(`status ${response.status}`);
    const page = new Page(await response.json());
    page.draw(main, document.getElementById('index'));
    document.getElementById('find').addEventListener('input', (event) => page.find(event.target.value));
    window.addEventListener('hashchange', mark);
    if (location.hash) document.getElementById(location.hash.slice(1))?.scrollIntoView();
    mark();
  } catch (error) {
    main.replaceChildren(el('p', { role: 'alert' }, `The API description could not be read (${error.message}). Load the page again.`));
  }
}

start();
