// No proxy at all: what the load and the upstream come to by themselves.
export const direct = {
  name: 'direct',
  version: () => '',
  start: ({ upstream }) => ({ http: upstream.port, https: undefined, child: upstream.child }),
};
