import type { JSX } from 'preact';
import type { Activity } from '../../model/activity.ts';
import type { ServiceHealth, WorkstreamHealth } from '../../model/health.ts';
import { printable } from '../../model/text.ts';
import type { Service, Workstream } from '../../model/workstream.ts';
import type { WorkstreamTraffic } from './answers.ts';
import { Copy, Foreign, Icon, Link, Unseen } from './basics.tsx';
import { ProblemItem } from './problems.tsx';
import { age, count, duration, rate } from './text/format.ts';
import { hashOf } from './text/place.ts';
import { sparkline } from './text/sparkline.ts';
import { healthWords, runnerOf, stateWord } from './text/view.ts';

/** Everything that is known about one workstream. */
export interface Known {
  readonly workstream: Workstream;
  readonly activity: Activity | undefined;
  readonly traffic: WorkstreamTraffic | undefined;
  readonly health: WorkstreamHealth | undefined;
  readonly now: number;
}

const chart = { width: 96, height: 24 } as const;
/** The seconds of which the rate that is shown is the average. */
const rateSeconds = 10;

const TrafficChart = ({ perSecond }: Pick<WorkstreamTraffic, 'perSecond'>): JSX.Element => {
  const { line, area } = sparkline(perSecond, chart.width, chart.height);
  const recent = perSecond.slice(-rateSeconds);
  const now = recent.reduce((sum, each) => sum + each, 0) / Math.max(1, recent.length);
  return (
    <span class="chart" title="Requests per second, last minute">
      <svg viewBox={`0 -1 ${chart.width} ${chart.height + 2}`} preserveAspectRatio="none" aria-hidden="true">
        <path class="area" d={area} />
        <path class="line" d={line} />
      </svg>
      <span>
        {rate(now)} <Unseen>requests</Unseen>
      </span>
    </span>
  );
};

const Branch = ({ branch, activity }: { branch: string | undefined; activity: Activity | undefined }) => {
  const { dirty, ahead, behind } = activity ?? {};
  if (branch === undefined) return null;
  return (
    <p class="branch">
      <Icon name="branch" />
      <Unseen>Branch </Unseen>
      <span class="name">
        <Foreign text={branch} />
      </span>
      {dirty !== undefined && dirty > 0 && (
        <span class="dirty" title="Files that differ from the last commit">
          {count(dirty, 'file')} changed
        </span>
      )}
      {ahead !== undefined && ahead > 0 && (
        <span class="ahead" title="Commits that the branch it follows does not have">
          ↑{ahead} <Unseen>ahead</Unseen>
        </span>
      )}
      {behind !== undefined && behind > 0 && (
        <span class="behind" title="Commits of the branch it follows that are not here">
          ↓{behind} <Unseen>behind</Unseen>
        </span>
      )}
    </p>
  );
};

const LastWork = ({ activity, now }: { activity: Activity | undefined; now: number }) => {
  const { commit, lastActivity = commit?.at } = activity ?? {};
  if (lastActivity === undefined) return null;
  return (
    <p class="commit">
      {commit !== undefined && (
        <>
          <code title={commit.hash}>{commit.hash.slice(0, 7)}</code>{' '}
          <span class="subject">
            <Foreign text={commit.subject} />
          </span>
        </>
      )}
      <span class="quiet age" title={new Date(lastActivity).toLocaleString()}>
        {age(lastActivity, now)}
      </span>
    </p>
  );
};

const isDatabase = (health: ServiceHealth | undefined): health is ServiceHealth =>
  health !== undefined && (health.check === 'postgres' || health.check === 'redis' || !health.healthy);

const Addresses = ({ service }: { readonly service: Service }) => {
  const { name, url, urls, localUrl } = service;
  const others = [...urls.filter((other) => other !== url), ...(localUrl === undefined ? [] : [localUrl])];
  if (url === undefined) return null;
  return (
    <span class="address">
      <Link url={url}>
        <Foreign text={url.replace(/^https?:\/\//, '')} />
      </Link>
      <Copy text={url} what={`address of ${name}`} />
      {others.length > 0 && (
        <details>
          <summary>
            {others.length} more <Unseen>addresses of {printable(name)}</Unseen>
          </summary>
          <ul>
            {others.map((other) => (
              <li key={other}>
                <Link url={other}>
                  <Foreign text={other} />
                </Link>
                <Copy text={other} what={other} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </span>
  );
};

const ServiceRow = ({ service, health }: { service: Service; health: ServiceHealth | undefined }) => {
  const { name, state, port } = service;
  const runner = state === 'down' ? undefined : runnerOf(service);
  const isSick = state === 'up' && health !== undefined && !health.healthy;
  return (
    <li class={`service ${isSick ? 'sick' : state}`}>
      <span class="lamp" aria-hidden="true" />
      <span class="name">
        <Foreign text={name} />
      </span>
      <span class="port">
        <Unseen>port </Unseen>
        {port}
      </span>
      <span class="about">
        {state !== 'up' ? <span class="word">{stateWord(state)}</span> : <Unseen>{stateWord(state)}</Unseen>}
        <Addresses service={service} />
        {state === 'up' && isDatabase(health) && <span class={isSick ? 'word' : 'health'}>{healthWords(health)}</span>}
        {runner !== undefined && (
          <span class="runner" title={service.owner && printable(service.owner.command)}>
            {runner}
          </span>
        )}
      </span>
    </li>
  );
};

const Foot = ({ name, traffic }: { readonly name: string; readonly traffic: WorkstreamTraffic | undefined }) => (
  <footer>
    {traffic === undefined || traffic.requests === 0 ? (
      <span class="quiet">No requests in the last minute</span>
    ) : (
      <span>
        {count(traffic.requests, 'request')}
        {traffic.errors > 0 && (
          <>
            {' · '}
            <a class="errors" href={hashOf('requests', { workstream: name, status: 'error' })}>
              {count(traffic.errors, 'error')}
            </a>
          </>
        )}{' '}
        <span class="quiet">
          · slowest {duration(traffic.slowestMs)}
          {traffic.countedOnly > 0 && ` · ${traffic.countedOnly} only counted: they came too fast to be listed`}
        </span>
      </span>
    )}
    <span class="links">
      <a href={hashOf('requests', { workstream: name })}>
        Requests<Unseen> of {printable(name)}</Unseen>
      </a>
      <a href={hashOf('logs', { workstream: name })}>
        Logs<Unseen> of {printable(name)}</Unseen>
      </a>
    </span>
  </footer>
);

/** One workstream with its services. */
export const Card = ({ workstream, activity, traffic, health, now }: Known): JSX.Element => {
  const { name, project, mode, slot, directory, services, problems, live } = workstream;
  const branch = activity?.branch ?? workstream.branch;
  const main = services.find((service) => service.default === true && service.state === 'up');
  return (
    <article class={live ? 'card live' : 'card'} aria-label={printable(name)}>
      <header>
        <h3>
          {main?.url === undefined ? (
            <Foreign text={name} />
          ) : (
            <Link url={main.url}>
              <Foreign text={name} />
            </Link>
          )}
        </h3>
        {mode === 'main' ? <span class="chip main">main</span> : <span class="chip">slot {slot}</span>}
        {project !== name && !name.startsWith(project) && (
          <span class="chip">
            <Foreign text={project} />
          </span>
        )}
        {live && traffic !== undefined && <TrafficChart {...traffic} />}
      </header>
      <Branch branch={branch} activity={activity} />
      <LastWork activity={activity} now={now} />
      {services.length === 0 ? (
        <p class="quiet">No services.</p>
      ) : (
        <ul class="services">
          {services.map((service) => (
            <ServiceRow
              key={service.name}
              service={service}
              health={health?.services.find((one) => one.name === service.name)}
            />
          ))}
        </ul>
      )}
      {problems.length > 0 && (
        <ul class="problems">
          {problems.map((problem) => (
            <ProblemItem key={`${problem.code} ${problem.message}`} problem={problem} />
          ))}
        </ul>
      )}
      <p class="folder">
        <Icon name="folder" />
        <span class="path">
          <Foreign text={directory} />
        </span>
        <Copy text={directory} what={`folder of ${name}`} />
      </p>
      <Foot name={name} traffic={traffic} />
    </article>
  );
};
