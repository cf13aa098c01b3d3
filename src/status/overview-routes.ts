import type { Activity } from '../model/activity.ts';
import type { Requests } from '../model/requests.ts';
import type { Setup } from '../model/setup.ts';
import type { State } from '../model/workstream.ts';
import type { AddRoute } from './route.ts';
import { answerOf, type PlacedProblem, wrapped } from './schemas.ts';

export interface OverviewOptions {
  readonly state: () => State;
  readonly requests: Requests;
  readonly activity: () => Promise<readonly Activity[]>;
  readonly setup: () => Promise<Setup>;
}

/** What all workstreams are doing, at a glance. */
export const addOverviewRoutes = (
  add: AddRoute,
  { state, requests, activity, setup: setUp }: OverviewOptions,
): void => {
  const work = {
    summary: 'What git and the files of each copy tell of the work in it',
    description:
      'Looked up when it is asked for, and remembered for some seconds. No program that a copy configures for git is run.',
    response: { 200: wrapped('workstreams', 'Activity', 'One entry for each workstream.') },
  };
  add('activity', work, async () => ({ workstreams: await activity() }));

  const traffic = {
    summary: 'What each workstream was asked for in the last minute',
    response: { 200: wrapped('workstreams', 'WorkstreamTraffic', 'One entry for each workstream.') },
  };
  add('traffic', traffic, () => ({
    workstreams: state().workstreams.map(({ name, directory }) => ({
      name,
      directory,
      ...requests.traffic(directory),
    })),
  }));

  const setup = {
    summary: 'How this machine is set up: where copies are looked for, Docker, the root certificate',
    response: { 200: answerOf('Setup', 'What was found.') },
  };
  add('setup', setup, () => setUp());

  const problems = {
    summary: 'All problems, those that belong to no workstream first',
    response: { 200: wrapped('problems', 'PlacedProblem', 'What was found.') },
  };
  add('problems', problems, () => ({ problems: problemsOf(state()) }));
};

const problemsOf = ({ problems, workstreams }: State): readonly PlacedProblem[] => [
  ...problems,
  ...workstreams.flatMap(({ name, problems: own }) => own.map((problem) => ({ ...problem, workstream: name }))),
];
