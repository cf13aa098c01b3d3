/** Where in the page one is: the part of its address after `#`. Links to a place can be kept and sent. */

export type View = 'overview' | 'requests' | 'logs';

export interface Place {
  readonly view: View;
  /** What is chosen there; empty values are left out. */
  readonly chosen: Readonly<Record<string, string>>;
}

const views: readonly View[] = ['overview', 'requests', 'logs'];

/** Reads `#/requests?status=5xx`; anything else is the overview. */
export const placeOf = (hash: string): Place => {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const view = views.find((name) => name === path) ?? 'overview';
  const chosen = Object.fromEntries([...new URLSearchParams(query)].filter(([, value]) => value !== ''));
  return { view, chosen: view === 'overview' ? {} : chosen };
};

/** The address of a place, for a link. */
export const hashOf = (view: View, chosen: Readonly<Record<string, string | undefined>> = {}): string => {
  const query = queryOf(chosen);
  return view === 'overview' ? '#/' : `#/${view}${query === '' ? '' : `?${query}`}`;
};

/** What is chosen as the query of a request to the API. */
export const queryOf = (chosen: Readonly<Record<string, string | number | undefined>>): string => {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(chosen))
    if (value !== undefined && value !== '') query.set(name, String(value));
  return query.toString();
};
