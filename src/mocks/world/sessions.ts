/** Pairing sessions: created with an activation key, activated once with a proof of it, gone when their time is over. */
import { decide, findRule, type StateOf } from '../../lifecycle.js'
import { ACTIVATION_KEY_BYTES, fromBase64, toBase64, verifyActivation } from '../../pairing.js'
import type { RunnerType } from '../../types.js'
import type { TransitionSubject } from '../events.js'
import type { Identity } from '../identity.js'
import { refuse, type Refusal } from '../refusal.js'
import { announce, newId, type Parts } from './parts.js'
import type { Projects } from './projects.js'
import type { Runners } from './runners.js'

/** What createPairingSession takes. */
export interface SessionDraft {
  projectId: string
  activationKey: string
  type: RunnerType
  ttlSeconds: number
}

/** What activatePairingSession takes. */
export interface Activation {
  runnerName: string
  hmac: string
}

/** A session as a snapshot keeps it. */
export interface SavedSession {
  id: string
  runnerId: string
  workspace: string
  projectId: string
  type: RunnerType
  activationKey: string
  expiresAt: number
  isActivated: boolean
}

interface SessionRecord extends Omit<SavedSession, 'activationKey'> {
  activationKey: Uint8Array
}

/** All sessions that have not expired. */
export class Sessions {
  private readonly byId = new Map<string, SessionRecord>()
  private readonly parts: Parts
  private readonly projects: Projects
  private readonly runners: Runners
  private isOver = false

  constructor(parts: Parts, projects: Projects, runners: Runners) {
    this.parts = parts
    this.projects = projects
    this.runners = runners
  }

  /** createPairingSession. */
  create(caller: Identity, draft: SessionDraft): { id: string; runnerId: string } | Refusal<400 | 404> {
    const key = fromBase64(draft.activationKey)
    const project = this.projects.find(caller, draft.projectId)
    const rule = this.parts.judge.decide('pairingSession', 'none', 'createPairingSession', {
      key: key?.length === ACTIVATION_KEY_BYTES ? 'usable' : 'unusable',
      project: project === undefined ? 'unknown' : 'known',
    })
    if (rule.answer === 400 || key === undefined) {
      return refuse(400, `activation_key must be standard base64 of exactly ${ACTIVATION_KEY_BYTES} bytes.`)
    }
    if (rule.answer === 404 || project === undefined) {
      return refuse(
        404,
        `No project ${draft.projectId} in workspace '${caller.workspace}'; retrieve or create it first.`,
      )
    }
    const session: SessionRecord = {
      id: newId(this.parts),
      runnerId: newId(this.parts),
      workspace: caller.workspace,
      projectId: project.id,
      type: draft.type,
      activationKey: key,
      expiresAt: this.parts.clock.now() + draft.ttlSeconds * 1000,
      isActivated: false,
    }
    this.add(session)
    announce(this.parts, 'pairingSession', rule, 'none', () => subjectOf(session))
    const announced = decide('runner', 'none', 'pairingSession.created')
    announce(this.parts, 'runner', announced, 'none', () => runnerSubjectOf(session))
    return { id: session.id, runnerId: session.runnerId }
  }

  /** Whether an HMAC proves the knowledge of a session's key. A promise, since it takes WebCrypto. */
  async prove(caller: Identity, id: string, { runnerName, hmac }: Activation): Promise<boolean> {
    const session = this.byId.get(id)
    if (session?.workspace !== caller.workspace) return false
    return verifyActivation(session.activationKey, session.id, runnerName, hmac)
  }

  /**
   * activatePairingSession: the caller becomes the owner of the runner. Judged after the proof: meanwhile time may have
   * passed, and another activation may have won.
   */
  activate(
    caller: Identity,
    id: string,
    { runnerName }: Activation,
    isProven: boolean,
  ): { runnerId: string } | Refusal<403 | 404 | 409> {
    const session = this.byId.get(id)
    const state = this.isOver ? 'none' : this.stateOf(caller, id)
    const rule = this.parts.judge.decide('pairingSession', state, 'activatePairingSession', {
      proof: isProven ? 'valid' : 'invalid',
    })
    if (rule.answer === 404 || session === undefined) {
      return refuse(404, 'No such pairing session in this workspace, or it has expired; create a new one.')
    }
    if (rule.answer === 403)
      return refuse(403, 'The HMAC does not prove knowledge of the activation key; check key, session and name.')
    const { runnerId, projectId, type } = session
    const birth = { id: runnerId, owner: caller, projectId, name: runnerName, type }
    if (rule.answer === 409) {
      this.parts.deviations.repeatActivation?.(this.runners, birth)
      return refuse(409, 'The session was activated before; its runner exists already.')
    }
    session.isActivated = true
    announce(this.parts, 'pairingSession', rule, state, () => subjectOf(session))
    this.runners.activate(birth)
    return { runnerId }
  }

  /** The runner id that a session reserves; '' for an unknown session. */
  runnerIdOf(id: string): string {
    return this.byId.get(id)?.runnerId ?? ''
  }

  /** Ends a session's time now. */
  expireNow(id: string): void {
    const session = this.byId.get(id)
    if (session !== undefined) this.expire(session)
  }

  /** Lets no activation that is under way succeed any more. */
  dissolve(): void {
    this.isOver = true
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

  private stateOf(caller: Identity, id: string): StateOf<'pairingSession'> {
    const session = this.byId.get(id)
    if (session?.workspace !== caller.workspace) return 'none'
    if (session.expiresAt <= this.parts.clock.now()) return 'expired'
    return session.isActivated ? 'activated' : 'open'
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

/** The runner that a session has announced; nobody owns it before its activation. */
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
