// Scenarios in which proxies are compared: the same load on each, in turns. `measure` gives figures by name; the first is the one
// whose ratios are told. `needs` says which of a peer's ports it takes; what has a `title` is in the chart.
import { h2load, wrk } from '../load.mjs';
import { download, upload } from './transfer.mjs';
import { echo } from './websocket.mjs';

const gibibyte = 2 ** 30;

export const loads = ({ seconds, bytes = gibibyte }) => [
  {
    name: 'h1 small',
    title: 'HTTP/1.1, small answers',
    needs: 'http',
    figures: { rate: 'requests/s', p99: 'ms' },
    measure: ({ http }) => wrk({ port: http, path: '/small', seconds }),
  },
  {
    name: 'h1 64 KiB',
    title: 'HTTP/1.1, answers of 64 KiB',
    needs: 'http',
    figures: { rate: 'requests/s', p99: 'ms' },
    measure: ({ http }) => wrk({ port: http, path: '/64k', seconds }),
  },
  {
    name: 'h2 small',
    title: 'HTTP/2 over TLS, small answers',
    needs: 'https',
    figures: { rate: 'requests/s' },
    measure: ({ https }) => h2load({ port: https, path: '/small', seconds }),
  },
  {
    name: 'WebSocket echo',
    needs: 'http',
    figures: { rate: 'messages/s' },
    measure: ({ http }) => echo({ port: http, seconds }),
  },
  {
    name: 'download',
    needs: 'http',
    figures: { rate: 'MiB/s', memory: 'MiB more' },
    measure: ({ http, child }) => download({ port: http, pid: child.pid, bytes }),
  },
  {
    name: 'upload',
    needs: 'http',
    figures: { rate: 'MiB/s', memory: 'MiB more' },
    measure: ({ http, child }) => upload({ port: http, pid: child.pid, bytes }),
  },
];
