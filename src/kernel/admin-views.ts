// What the admin API shows to a live observer of a mock, as kit.yaml defines it: the adapter that answers and the
// console that reads share these types, so that neither can drift. Nothing here runs.
import type { Event, GapEvent } from '../generated/kit-schema.js'

export type {
  CallCount as CallCountView,
  ClockView,
  CommandDetail,
  CommandView,
  Coverage as CoverageView,
  History as HistoryView,
  InjectedFault as FaultStateView,
  JobDetail,
  JobView,
  JournalDetail,
  Message as MessageView,
  MoveCount as MoveCountView,
  NearMiss as NearMissView,
  ProjectView,
  RequestEvent as RequestView,
  RunnerDetail,
  RunnerView,
  SavedSettings as SettingsByName,
  SessionView,
  Subject as SubjectView,
  TraceDetail,
  TraceList,
  TraceView,
  TransitionEvent as TransitionView,
  WorldView,
} from '../generated/kit-schema.js'

export type EventView = Event | GapEvent
