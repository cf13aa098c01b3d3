import { type Problem, problem } from '../model/problem.ts';
import { lookup, type Route, type RouteTable } from '../model/route-table.ts';
import { maxPasses, passes } from './headers.ts';
import { countForward } from './max-forwards.ts';
import { judgeHead, type ReceivedHead, type RequestHead } from './request-head.ts';

/** What is to be done with a request. */
export type Decision =
  | { readonly kind: 'forward'; readonly head: RequestHead; readonly route: Route }
  | { readonly kind: 'status'; readonly head: RequestHead }
  /** A request for OPTIONS that is to go no further than here. */
  | { readonly kind: 'options'; readonly head: RequestHead; readonly route: Route }
  | {
      readonly kind: 'refuse';
      readonly problem: Problem;
      /** The head is not to be trusted, so neither is what follows it on the connection. */
      readonly close: boolean;
      /** The head, where it is sound and its host is ours. */
      readonly head?: RequestHead;
      /** Whose hostname it was, where it is one service's. */
      readonly route?: Route | undefined;
    };

/** Decides about one request: pure, one map read, no I/O. Every request of every lane goes through here. */
export const dispatch = (received: ReceivedHead, table: RouteTable): Decision => {
  const head = judgeHead(received);
  if ('code' in head) return { kind: 'refuse', problem: head, close: true };
  const { hostname } = head.authority;
  const match = lookup(table, hostname);
  if (match.kind === 'misdirected') return { kind: 'refuse', problem: problem('host-misdirected'), close: false };
  const count = passes(head.headers);
  if (count > maxPasses) {
    const route = match.kind === 'route' ? match.route : undefined;
    return { kind: 'refuse', problem: problem('proxy-loop', { count }), close: false, head, route };
  }
  switch (match.kind) {
    case 'status':
      return { kind: 'status', head };
    case 'unknown':
      return { kind: 'refuse', problem: problem('hostname-unknown', { hostname }), close: false, head };
    case 'route': {
      const { route } = match;
      if (route.refusal === undefined)
        return head.method === 'OPTIONS' ? counted(head, route) : { kind: 'forward', head, route };
      const owned = route.refusal.code === 'hostname-taken' ? undefined : route;
      return { kind: 'refuse', problem: route.refusal, close: false, head, route: owned };
    }
  }
};

const counted = (head: RequestHead, route: Route): Decision => {
  const next = countForward(head);
  if (next === 'last') return { kind: 'options', head, route };
  if ('code' in next) return { kind: 'refuse', problem: next, close: true };
  return { kind: 'forward', head: next, route };
};
