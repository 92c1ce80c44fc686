/** The public surface of stint: named re-exports, no logic. */

export {
  archiveSession,
  type ExportHooks,
  type ExportReport,
  exportSessions,
} from './archive/export.ts'
export { importArchive, type UnpackOptions, type UnpackRow } from './archive/import.ts'
export type { ArchivedFile, ArchivedSession } from './archive/manifest.ts'
export { type Target, writeTarget } from './archive/target.ts'
export type { Env } from './base/env.ts'
export { isSessionId, type SessionId } from './base/id.ts'
export { formatJson } from './base/json.ts'
export { parseSize } from './base/size.ts'
export {
  commandLine,
  hasControls,
  headOf,
  nearestWord,
  oneLine,
  shellWord,
  splitWords,
} from './base/text.ts'
export {
  formatDuration,
  formatTimestamp,
  parseDuration,
  parseWhen,
  type Timestamp,
} from './base/time.ts'
export { writeCheckpoint } from './checkpoint/checkpoint.ts'
export {
  type CheckpointRow,
  type CheckpointVerdict,
  listCheckpoints,
  verifyCheckpoint,
} from './checkpoint/list.ts'
export type { Checkpoint } from './checkpoint/note.ts'
export {
  type Check,
  type CheckId,
  checks,
  type Finding,
  isCheckId,
  type Severity,
} from './doctor/check.ts'
export { type Diagnosis, type ExamineOptions, examine } from './doctor/doctor.ts'
export { isMendable, type Repair, repair } from './doctor/repair.ts'
export {
  type Candidate,
  Failure,
  type FailureCode,
  type FailureData,
  type Holder,
  isFailure,
} from './errors.ts'
export { listFailureCodes } from './failures.ts'
export { type FileFinding, findingsOf } from './file/file.ts'
export { TextRedaction } from './file/redaction.ts'
export { type FileErrand, type FileReport, isThere, redactPath } from './file/walk.ts'
export {
  type ImportOptions,
  type ImportRow,
  importConversations,
  importedTools,
} from './import/import.ts'
export type { Entry, EntryData } from './journal/entry.ts'
export type { Line, Reading } from './journal/read.ts'
export type { Place } from './layout.ts'
export { canFindCarriers } from './os/carriers.ts'
export {
  hasInput,
  isInForeground,
  isTerminal,
  leaveClosedTerminals,
  leaveFiles,
  OutputClosed,
  writeAll,
} from './os/descriptor.ts'
export { requireUtf8 } from './os/disk/facts.ts'
export { systemErrno, systemFailure } from './os/errno.ts'
export type { Lock } from './os/lock-file.ts'
export { compileProgram, loadProgram } from './os/program-files.ts'
export { findTerminal, type TerminalStream } from './os/terminal.ts'
export {
  createRedactor,
  type RedactionCounts,
  type Redactor,
  type RedactorOptions,
} from './redact/redact.ts'
export type { ApplyOptions, Outcome as GcOutcome } from './retention/apply.ts'
export { requireClock } from './retention/clock.ts'
export {
  collectStore,
  errandsOf,
  planStore,
  type StorePlan,
  type StoreReport,
} from './retention/collect.ts'
export { isOrphaned, removeStore, sweepGoneStores } from './retention/orphan.ts'
export {
  type Errand,
  goReasons,
  type KeepReason,
  keepReasons,
  type Verdict,
} from './retention/plan.ts'
export {
  type Errands,
  type PlanDocument,
  planDocument,
  readPlan,
  type VerdictRow,
  writePlan,
} from './retention/plan-file.ts'
export type { Policy } from './retention/policy.ts'
export { listStoresUnder, moveProject, type Relocation } from './retention/relocate.ts'
export type { Survey } from './retention/survey.ts'
export { type DiskUsage, readDiskUsage, type SizeRow } from './retention/usage.ts'
export { type KillReport, killTurn } from './run/kill.ts'
export type { RunOptions, RunReport, RunTarget, Started } from './run/options.ts'
export { decodePrompt, readPrompt } from './run/plan.ts'
export { listProcesses, type ProcessRow } from './run/processes.ts'
export { type ReapRow, reapProcesses } from './run/reap.ts'
export { runTurn } from './run/run.ts'
export type { Limits, SignalSource } from './run/supervise.ts'
export type { EndSignal } from './run/sweep.ts'
export type { Task } from './run/task.ts'
export { type Waited, waitForTurn } from './run/wait.ts'
export { type Artifact, listArtifacts } from './session/artifacts.ts'
export { type Liveness, type Status, statuses } from './session/liveness.ts'
export type { Snapshot } from './session/snapshot.ts'
export type { State, ToolState, TurnState } from './session/state.ts'
export type { Outcome, TurnResult } from './session/turn.ts'
export { openRedactor } from './store/access.ts'
export { appendEntry, type OwnEntry, pinSession, renameSession } from './store/change.ts'
export { type Commit, listCommits } from './store/commits.ts'
export {
  type Config,
  readConfig,
  type SettingRow,
  type Settings,
} from './store/config.ts'
export { type Birth, createSession, type Past } from './store/create.ts'
export { type Held, type HoldOptions, holdSession } from './store/hold.ts'
export { listDescendants } from './store/kin.ts'
export {
  type ListFilter,
  type Listing,
  listSessions,
  listStarting,
  prefixesOf,
  type SessionRow,
} from './store/list.ts'
export { readToolMemory, type ToolMemory } from './store/memory.ts'
export { deleteSession, restoreSession } from './store/move.ts'
export type { TypedPlace } from './store/place.ts'
export {
  checkSession,
  openShared,
  redactSession,
  type SessionFinding,
  type SharedSession,
} from './store/redact.ts'
export { type Resolved, resolveRef } from './store/ref.ts'
export { type Caller, findCaller, findMovedFrom, isInside } from './store/search.ts'
export { readResult, readSession, type SessionDetails } from './store/show.ts'
export {
  findProjectPath,
  isMade,
  listStores,
  openStore,
  type Store,
  type StoreOptions,
} from './store/store.ts'
export { builtInTools, type ToolSettings } from './store/tool-config.ts'
export {
  followTranscript,
  livenessOf,
  readTranscript,
  type TranscriptQuery,
} from './store/transcript.ts'
export { type Emptied, emptyTrash, listTrash, type TrashRow } from './store/trash.ts'
export type { Question } from './tools/acp-permission.ts'
export { listTools, type ToolFacts } from './tools/detect.ts'
export type { Tokens, ToolEvent } from './tools/event.ts'
export { growForest, type Kin, type TreeNode, walkForest } from './tree/forest.ts'
export { totalUsage, type Usage } from './tree/usage.ts'
