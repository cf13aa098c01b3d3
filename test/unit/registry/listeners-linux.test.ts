import { expect, test } from 'vitest';
import { parseListeners } from '../../../src/registry/listeners-linux.ts';

const heads = {
  v4: '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                     \n',
  v6: '  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n',
};

const row = (index: number, local: string, state: string, uid: number, inode: number): string =>
  `${String(index).padStart(4)}: ${local} ${'0'.repeat(local.length - 5)}:0000 ${state} 00000000:00000001 00:00000000 00000000 ${String(uid).padStart(5)}        0 ${inode} 1 00000000bfcd7844 100 0 0 10 0\n`;

test('listening sockets of both tables, with their addresses as people write them', () => {
  const text =
    heads.v4 +
    row(0, '0100007F:1F43', '0A', 0, 25035) +
    row(1, '00000000:07E8', '0A', 1000, 1211) +
    row(12345, '020200C0:DE7A', '0A', 4294967294, 4294967295) +
    heads.v6 +
    row(0, '00000000000000000000000001000000:1F43', '0A', 0, 25034) +
    row(1, '00000000000000000000000000000000:A355', '0A', 0, 25036) +
    row(2, '0000000000000000FFFF00000100007F:1F44', '0A', 0, 25037) +
    row(3, 'B80D0120000000000000000001000000:0050', '0A', 0, 25038);
  expect(parseListeners(text, true)).toEqual([
    { address: '127.0.0.1', port: 8003, inode: 25035, uid: 0 },
    { address: '0.0.0.0', port: 2024, inode: 1211, uid: 1000 },
    { address: '192.0.2.2', port: 56954, inode: 4294967295, uid: 4294967294 },
    { address: '::1', port: 8003, inode: 25034, uid: 0 },
    { address: '::', port: 41813, inode: 25036, uid: 0 },
    { address: '127.0.0.1', port: 8004, inode: 25037, uid: 0 },
    { address: '2001:db8::1', port: 80, inode: 25038, uid: 0 },
  ]);
});

test('addresses of a machine with the other byte order', () => {
  const text =
    row(0, '7F000001:1F43', '0A', 0, 1) +
    row(1, '00000000000000000000000000000001:1F43', '0A', 0, 2) +
    row(2, '00000000000000000000FFFF7F000001:1F43', '0A', 0, 3);
  expect(parseListeners(text, false).map(({ address }) => address)).toEqual(['127.0.0.1', '::1', '127.0.0.1']);
});

test('sockets in any other state are left out', () => {
  const states = ['01', '02', '03', '04', '05', '06', '07', '08', '09', '0B', '0C'];
  const text = heads.v4 + states.map((state, index) => row(index, '0100007F:1F43', state, 0, index)).join('');
  expect(parseListeners(text, true)).toEqual([]);
  expect(parseListeners('', true)).toEqual([]);
});
