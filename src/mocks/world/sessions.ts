/** Pairing sessions: created with an activation key, activated once with a proof of it, gone when their time is over. */
import { copySharedFields } from '../../kernel/shared-fields.js'
import { decide, findRule, type Decision, type StateOf } from '../../lifecycle/table.js'
import { spanMs } from '../../lifecycle/timers.js'
import { ACTIVATION_KEY_BYTES, fromBase64, toBase64 } from '../../kernel/pairing.js'
import type { SavedSession } from '../../generated/kit-schema.js'
import type { ActivateRequest, CreateSessionRequest } from '../../kernel/types.js'
import type { TransitionSubject } from './events.js'
import type { Identity } from '../base/identity.js'
import { announce, newId, type Parts } from './world-parts.js'
import { RecordStore, type SessionRecord } from './records.js'
import type { Runners } from './runners.js'

/** All sessions that have not expired. */
export class Sessions extends RecordStore<SessionRecord> {
  private readonly parts: Parts
  private readonly runners: Runners

  constructor(parts: Parts, runners: Runners) {
    super()
    this.parts = parts
    this.runners = runners
  }

  /** A session of the caller's workspace. */
  find(caller: Identity, id: string): SessionRecord | undefined {
    const session = this.byId.get(id)
    return session?.workspace === caller.workspace ? session : undefined
  }

  /** The state in which the lifecycle sees a session now. */
  stateOf(session: SessionRecord): Exclude<StateOf<'pairingSession'>, 'none'> {
    if (session.expiresAt <= this.parts.clock.now()) return 'expired'
    return session.isActivated ? 'activated' : 'open'
  }

  /**
   * createPairingSession.
   * @throws Error for an activation key that `readKey` refuses
   */
  create(caller: Identity, { rule }: Decision, request: CreateSessionRequest): { id: string; runnerId: string } {
    const key = readKey(request.activation_key)
    if (key === undefined) throw new Error('The activation key was not judged before.')
    const { project_id: projectId, type, ...fields } = copySharedFields('CreateSessionRequest', request, {})
    const session: SessionRecord = {
      id: newId(this.parts),
      runnerId: newId(this.parts),
      workspace: caller.workspace,
      user: caller.user,
      projectId,
      type,
      activationKey: key,
      expiresAt: this.parts.clock.now() + spanMs('session_ttl', this.parts.settings, request),
      isActivated: false,
      ...(Object.keys(fields).length > 0 && { fields }),
    }
    this.add(session)
    announce(this.parts, 'pairingSession', rule, 'none', () => subjectOf(session))
    const announced = decide('runner', 'none', 'pairingSession.created')
    announce(this.parts, 'runner', announced, 'none', () => runnerSubjectOf(session))
    return { id: session.id, runnerId: session.runnerId }
  }

  /** activatePairingSession: the caller becomes the owner of the runner. */
  activate(session: SessionRecord, { rule, from }: Decision, caller: Identity, request: ActivateRequest): void {
    session.isActivated = true
    announce(this.parts, 'pairingSession', rule, from, () => subjectOf(session))
    this.runners.activate({
      id: session.runnerId,
      owner: caller,
      projectId: session.projectId,
      name: request.runner_name,
      type: session.type,
      fields: { ...session.fields, ...copySharedFields('ActivateRequest', request, {}) },
    })
  }

  /** Ends a session's time now. */
  expireNow(id: string): void {
    const session = this.byId.get(id)
    if (session !== undefined) this.expire(session)
  }

  save(): SavedSession[] {
    return [...this.byId.values()].map((session) => ({ ...session, activationKey: toBase64(session.activationKey) }))
  }

  load(saved: readonly SavedSession[]): void {
    this.byId.clear()
    for (const session of saved) {
      this.add({ ...session, activationKey: fromBase64(session.activationKey) ?? new Uint8Array(ACTIVATION_KEY_BYTES) })
    }
  }

  private add(session: SessionRecord): void {
    this.byId.set(session.id, session)
    this.parts.clock.schedule(session.expiresAt, () => this.expire(session))
  }

  private expire(session: SessionRecord): void {
    const state = session.isActivated ? 'activated' : 'open'
    const rule = findRule('pairingSession', state, 'timer.session_ttl')
    if (rule === undefined) return
    this.byId.delete(session.id)
    announce(this.parts, 'pairingSession', rule, state, () => subjectOf(session))
    if (session.isActivated) return
    const given = decide('runner', 'pairing', 'pairingSession.abandoned')
    announce(this.parts, 'runner', given, 'pairing', () => runnerSubjectOf(session))
  }
}

/** The bytes of an activation key; undefined for an invalid one. */
export function readKey(text: string): Uint8Array | undefined {
  const key = fromBase64(text)
  return key?.length === ACTIVATION_KEY_BYTES ? key : undefined
}

/** The runner that a session has announced; it has no owner before its activation. */
function runnerSubjectOf(session: SessionRecord): TransitionSubject {
  return { ...subjectOf(session), id: session.runnerId }
}

function subjectOf(session: SessionRecord): { id: string; workspace: string; project_id: string; runner_id: string } {
  return {
    id: session.id,
    workspace: session.workspace,
    project_id: session.projectId,
    runner_id: session.runnerId,
  }
}
