import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newsOf, readInspected, readList } from '../../../../src/providers/docker/answers.ts';
import { bounded } from '../../../support/fuzz.ts';

const id = 'a'.repeat(64);

describe('the list', () => {
  test('is read', () => {
    const labels = { 'com.docker.compose.project.working_dir': '/code/project-3', x: 'y' };
    const answer = [
      {
        Id: id,
        Names: ['/project-3_api_1', '/other'],
        State: 'running',
        Status: 'Up 3 minutes (healthy)',
        Created: 7,
        Labels: labels,
        Ports: [
          { IP: '0.0.0.0', PrivatePort: 80, PublicPort: 8080, Type: 'tcp' },
          { PrivatePort: 81, Type: 'tcp' },
          { IP: '0.0.0.0', PrivatePort: 53, PublicPort: 53, Type: 'udp' },
          { PrivatePort: 82, PublicPort: 70_000, Type: 'tcp' },
          { PrivatePort: 83, PublicPort: 83, Type: 'tcp' },
        ],
        NetworkSettings: {
          Networks: { one: { IPAddress: '172.18.0.2', GlobalIPv6Address: 'fd00::2' }, two: { IPAddress: '' } },
        },
      },
    ];
    expect(readList(answer)).toEqual([
      {
        id,
        name: 'project-3_api_1',
        state: 'running',
        health: 'healthy',
        status: 'Up 3 minutes (healthy)',
        created: 7,
        labels,
        published: [
          { port: 80, address: '0.0.0.0', hostPort: 8080 },
          { port: 83, address: '', hostPort: 83 },
        ],
        addresses: ['172.18.0.2', 'fd00::2'],
        workingDirectory: '/code/project-3',
      },
    ]);
  });

  test.each([
    ['Up 1 second (health: starting)', 'starting'],
    ['Up 1 second (starting)', 'starting'],
    ['Up 1 second (unhealthy)', 'unhealthy'],
    ['Up 1 second', undefined],
  ])('%s: %s', (Status, health) => {
    expect(readList([{ Id: id, Status }])[0]?.health).toBe(health);
  });

  test('what is missing is empty, and what is no container is left out', () => {
    expect(readList([{ Id: id }])).toEqual([
      {
        id,
        name: 'a'.repeat(12),
        state: '',
        health: undefined,
        status: '',
        created: 0,
        labels: {},
        published: [],
        addresses: [],
        workingDirectory: undefined,
      },
    ]);
    expect(readList([null, 1, 'x', {}, { Id: '../x' }])).toEqual([]);
    expect(() => readList({ message: 'no' })).toThrow('no list of containers');
  });

  test('takes anything', () => {
    fc.assert(
      fc.property(fc.array(fc.anything()), fc.anything(), fc.anything(), fc.anything(), (all, Labels, Ports, Names) => {
        readList([...all, { Id: id, Labels, Ports, Names, NetworkSettings: { Networks: Labels } }]);
      }),
      bounded(50),
    );
  });
});

describe('a description', () => {
  test('is read: the variables that matter, the TCP ports in order', () => {
    const Env = ['VIRTUAL_HOST=a=b', 'SECRET=x', 'VIRTUAL_PORT', 7, '__proto__=x'];
    const ExposedPorts = { '8080/tcp': {}, '53/udp': {}, '80/tcp': {}, '90': {}, x: {}, '99999/tcp': {} };
    expect(readInspected({ Config: { Env, ExposedPorts } })).toEqual({
      env: { VIRTUAL_HOST: 'a=b', VIRTUAL_PORT: '' },
      exposed: [80, 90, 8080],
    });
    expect(readInspected({ Config: { Env: null, ExposedPorts: null } })).toEqual({ env: {}, exposed: [] });
  });

  test.each([undefined, null, 7, {}, 'x'])('%s is none', (answer) => {
    expect(() => readInspected(answer)).toThrow('no description');
  });
});

describe('an event', () => {
  test.each([
    ['{"Type":"container","Action":"start","Actor":{"ID":"x"}}', { action: 'start', id: 'x' }],
    ['{"status":"die","id":"y"}', { action: 'die', id: 'y' }],
    ['{"Action":"health_status: healthy","Actor":{}}', { action: 'health_status: healthy', id: '' }],
    ['{}', { action: '', id: '' }],
    ['{"Action":"exec_create: test -f /x"}', undefined],
    ['{"Action":"top"}', undefined],
  ])('%s', (line, news) => {
    expect(newsOf(line)).toEqual(news);
  });

  test('is JSON', () => {
    expect(() => newsOf('<html>')).toThrow();
  });
});
