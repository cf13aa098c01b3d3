// The status page: follows /api/events and shows the state. Data reaches the document as text only, never as markup.
import { facts, inOrder, linkTo, placeOf, stateWord, summary } from './view.js';

const byId = (id) => document.getElementById(id);

/** An element with attributes and children; children that are text become text nodes. */
const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children);
  return made;
};

const link = (url, text, attributes) => {
  const href = linkTo(url);
  return href === undefined ? element('span', {}, text) : element('a', { ...attributes, href }, text);
};

const problemItem = ({ severity, code, message, hint }) =>
  element(
    'li',
    { class: `problem ${severity === 'warning' ? 'warning' : 'error'}` },
    element(
      'p',
      {},
      element('strong', {}, severity === 'warning' ? 'Warning' : 'Error'),
      ` ${message} `,
      element('code', {}, code),
    ),
    element('p', { class: 'hint' }, hint),
  );

const addresses = ({ url, urls, upstream, kind }) => {
  if (kind !== 'http') return [element('span', { class: 'quiet' }, `${kind} ${upstream}`)];
  const others = urls.filter((other) => other !== url);
  const shown = url === undefined ? [element('span', { class: 'quiet' }, upstream)] : [link(url, url)];
  if (others.length > 0) {
    const list = element('ul', {}, ...others.map((other) => element('li', {}, link(other, other))));
    shown.push(element('details', {}, element('summary', {}, `${others.length} more`), list));
  }
  return shown;
};

const serviceRow = (service) => {
  const place = placeOf(service);
  return element(
    'tr',
    {},
    element('th', { scope: 'row' }, service.name),
    element('td', {}, element('span', { class: `state ${service.state}` }, stateWord(service.state))),
    element(
      'td',
      {},
      String(service.port),
      ...(place === undefined ? [] : [element('div', { class: 'quiet' }, place)]),
    ),
    element('td', {}, ...addresses(service)),
  );
};

const servicesTable = ({ name, services }) => {
  if (services.length === 0) return element('p', { class: 'quiet' }, 'No services.');
  const heads = ['Service', 'State', 'Port', 'Address'].map((head) => element('th', { scope: 'col' }, head));
  return element(
    'table',
    {},
    element('caption', { class: 'unseen' }, `Services of ${name}`),
    element('thead', {}, element('tr', {}, ...heads)),
    element('tbody', {}, ...services.map(serviceRow)),
  );
};

const article = (workstream) => {
  const { name, problems } = workstream;
  const pairs = facts(workstream).map(([word, value]) =>
    element('div', {}, element('dt', {}, word), element('dd', {}, value)),
  );
  return element(
    'article',
    {},
    element('h3', {}, name),
    element('dl', {}, ...pairs),
    servicesTable(workstream),
    ...(problems.length > 0 ? [element('ul', { class: 'problems' }, ...problems.map(problemItem))] : []),
  );
};

/** The articles on the page by folder, each with what it was made from: only those that changed are made again. */
const shown = new Map();

const articleFor = (workstream) => {
  const key = `${workstream.directory}\n${workstream.name}`;
  const source = JSON.stringify(workstream);
  const before = shown.get(key);
  if (before?.source === source) return [key, before];
  const made = article(workstream);
  if (before !== undefined) {
    const open = [...before.made.querySelectorAll('details')].map((details) => details.open);
    for (const [index, details] of [...made.querySelectorAll('details')].entries()) details.open = open[index] ?? false;
  }
  return [key, { source, made }];
};

/** Puts exactly these articles below the title of a section; those that are in their place stay untouched, and so does the focus. */
const fill = (section, articles) => {
  let place = section.firstElementChild;
  for (const one of articles) {
    if (place.nextElementSibling !== one) place.after(one);
    place = one;
  }
  while (place.nextElementSibling !== null) place.nextElementSibling.remove();
  section.hidden = articles.length === 0;
};

/** Where the keyboard is, so that it is found again in an article that was made anew. */
const keepFocus = (change) => {
  const { activeElement } = document;
  const key = [...shown].find(([, { made }]) => made.contains(activeElement))?.[0];
  const path = (made) => [...made.querySelectorAll('a, summary')];
  const index = key === undefined ? -1 : path(shown.get(key).made).indexOf(activeElement);
  change();
  if (index !== -1 && !activeElement.isConnected) path(shown.get(key)?.made ?? document.body)[index]?.focus();
};

const setText = (node, text) => {
  // Setting the same text again would have it read out again.
  if (node.textContent !== text) node.textContent = text;
};

const show = (state) => {
  const entries = inOrder(state.workstreams).map((workstream) => ({ workstream, entry: articleFor(workstream) }));
  const madeOf = (live) =>
    entries.filter(({ workstream }) => workstream.live === live).map(({ entry: [, { made }] }) => made);
  keepFocus(() => {
    shown.clear();
    for (const { entry } of entries) shown.set(...entry);
    fill(byId('live'), madeOf(true));
    fill(byId('others'), madeOf(false));
  });
  byId('problems')
    .querySelector('ul')
    .replaceChildren(...state.problems.map(problemItem));
  byId('problems').hidden = state.problems.length === 0;
  byId('empty').hidden = entries.length > 0;
  setText(byId('summary'), summary(state));
  document.title = `${state.workstreams.filter(({ live }) => live).length} live · Sidings`;
};

/** Says whether sidings answers, and how old what is shown is. */
const connected = (is, since) => {
  const shownFrom = since === undefined ? '' : ` This is how it was at ${since}.`;
  setText(byId('connection'), is ? '' : `Sidings does not answer; trying again.${shownFrom}`);
  document.documentElement.classList.toggle('away', !is);
};

const retryMs = 3000;
let source;
let retry;
let last;

const follow = () => {
  clearTimeout(retry);
  source?.close();
  source = new EventSource('/api/events');
  source.addEventListener('state', ({ data }) => {
    show(JSON.parse(data));
    last = new Date().toLocaleTimeString();
    connected(true);
    if (document.visibilityState === 'hidden') source.close();
  });
  source.addEventListener('error', () => {
    connected(false, last);
    // After an answer that is no stream the browser gives up; we do not.
    if (source.readyState === EventSource.CLOSED) retry = setTimeout(follow, retryMs);
  });
};

// A browser allows six connections to a host: tabs that nobody sees must not use them up.
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') follow();
  else {
    clearTimeout(retry);
    source?.close();
  }
});
// Also when it is not seen yet: it is to have its content when it is.
follow();
