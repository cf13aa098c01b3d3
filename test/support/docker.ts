import { spawn } from 'node:child_process';
import { PassThrough } from 'node:stream';
import Docker from 'dockerode';
import { onTestFinished, type TestContext } from 'vitest';
import { fileOf, needs } from './requirements.ts';

/** Skips a test where there is no Docker Engine with the images of the tests, and says why. With CI=true it fails. */
export const needsDocker = (context: TestContext, ...commands: readonly string[]): void => {
  needs(context, ...commands);
  const missing = process.env.SIDINGS_TEST_NO_DOCKER;
  if (missing === undefined) return;
  if (process.env.CI === 'true') throw new Error(missing);
  process.stderr.write(`skipped, ${missing}\n`);
  context.skip(missing);
};

/** The socket of the engine of the tests, whatever a test makes of DOCKER_HOST later. */
export const engineSocket = (process.env.DOCKER_HOST ?? '').replace(/^unix:\/\//, '');

/** The engine of the tests. What a test changes there it does through this; Sidings itself only reads. */
export const engine = (socketPath = engineSocket): Docker => new Docker({ socketPath, host: undefined as never });

export interface ContainerOptions {
  /** One of `busybox`, `node`, `postgres`, `redis`. */
  readonly image?: string;
  readonly command?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Ports that the image would expose. */
  readonly exposed?: readonly number[];
  /** Ports that are published on a free port of 127.0.0.1. */
  readonly published?: readonly number[];
  readonly network?: string;
  readonly health?: Docker.HealthConfig;
  readonly more?: Docker.HostConfig;
}

/** Makes a container without starting it; removed with its volumes when the test ends. */
export const createContainer = async (
  { image = 'busybox', command, labels = {}, env = {}, exposed = [], published = [], ...options }: ContainerOptions,
  docker = engine(),
): Promise<Docker.Container> => {
  const container = await docker.createContainer({
    Image: `sidings-test/${image}`,
    ...(command !== undefined && { Cmd: [...command] }),
    Labels: { ...labels },
    Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    ExposedPorts: Object.fromEntries([...exposed, ...published].map((port) => [`${port}/tcp`, {}])),
    ...(options.health !== undefined && { Healthcheck: options.health }),
    HostConfig: {
      // Nothing in these has anything to say when it is told to end.
      Init: false,
      NetworkMode: options.network ?? 'default',
      PortBindings: Object.fromEntries(
        published.map((port) => [`${port}/tcp`, [{ HostIp: '127.0.0.1', HostPort: '' }]]),
      ),
      ...options.more,
    },
  });
  onTestFinished(async () => {
    await container.remove({ force: true, v: true }).catch(() => {});
  });
  return container;
};

export const startContainer = async (options: ContainerOptions, docker = engine()): Promise<Docker.Container> => {
  const container = await createContainer(options, docker);
  await container.start();
  return container;
};

/** The command of a container that answers every request on a port with a text. */
export const answering = (port: number, text: string): readonly string[] => [
  'sh',
  '-c',
  `mkdir -p /www && printf %s '${text}' >/www/index.html && exec httpd -f -p ${port} -h /www`,
];

/** The labels that compose gives to a container. */
export const composeLabels = (directory: string, service: string, project: string, number = 1) => ({
  'com.docker.compose.project': project,
  'com.docker.compose.project.working_dir': directory,
  'com.docker.compose.service': service,
  'com.docker.compose.container-number': String(number),
  'com.docker.compose.oneoff': 'False',
});

/** What a command in a running container prints; rejects when it fails. */
export const execIn = async (container: Docker.Container, command: readonly string[]): Promise<string> => {
  const exec = await container.exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({});
  const output = new PassThrough();
  container.modem.demuxStream(stream, output, output);
  stream.on('end', () => output.end());
  let text = '';
  for await (const part of output) text += part;
  const { ExitCode: code } = await exec.inspect();
  if (code !== 0) throw new Error(`${command.join(' ')}: ${code} ${text}`);
  return text;
};

/** Removes all that a compose project has when the test ends: containers, volumes, networks. */
export const cleanProject = (project: string, docker = engine()): void => {
  const filters = { label: [`com.docker.compose.project=${project}`] };
  onTestFinished(async () => {
    const containers = await docker.listContainers({ all: true, filters });
    await Promise.all(containers.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true })));
    const { Volumes: volumes } = await docker.listVolumes({ filters });
    await Promise.all((volumes ?? []).map(({ Name }) => docker.getVolume(Name).remove()));
    const networks = await docker.listNetworks({ filters });
    await Promise.all(networks.map(({ Id }) => docker.getNetwork(Id).remove()));
  });
};

/** Runs compose, v1 or v2, in a folder; gives what it printed, or rejects with it when it fails. */
export const compose = (
  directory: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> =>
  new Promise((resolve, reject) => {
    const command = fileOf('docker-compose') ?? 'docker-compose';
    const child = spawn(command, args, { cwd: directory, env: { ...process.env, ...env } });
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
    });
    child.stderr.on('data', (data) => {
      output += data;
    });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve(output) : reject(new Error(`compose ${args.join(' ')}: ${output}`)),
    );
  });
