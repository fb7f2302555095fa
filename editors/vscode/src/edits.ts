import * as vscode from "vscode";
import {
  ApplyWorkspaceEditParams,
  ApplyWorkspaceEditRequest,
  ApplyWorkspaceEditResult,
  CancellationToken,
  TextDocumentEdit,
} from "vscode-languageclient/node";
import { Event, isLast } from "./sessions";

type Next = ApplyWorkspaceEditRequest.HandlerSignature;

/**
 * Applies the server's edits: only onto the text they were made for, and all of one run as one undo step.
 *
 * `workspace.applyEdit` makes each edit a step of its own, and in older versions can apply one to newer text.
 */
export class EditApplier {
  /** Documents whose run has edited them already. */
  private readonly begun = new Set<string>();

  async apply(params: ApplyWorkspaceEditParams, next: Next): Promise<ApplyWorkspaceEditResult> {
    const change = onlyChange(params);
    const editor = change && visibleEditor(change.textDocument.uri);
    if (!change || !editor) {
      // No editor shows it, so that there is no undo stack to be careful with.
      return (await next(params, CancellationToken.None)) as ApplyWorkspaceEditResult;
    }
    if (change.textDocument.version !== null && change.textDocument.version !== editor.document.version) {
      return { applied: false, failureReason: "the document has changed" };
    }
    const uri = editor.document.uri.toString();
    const replace = (builder: vscode.TextEditorEdit) => {
      for (const edit of change.edits) {
        const { start, end } = edit.range;
        const range = new vscode.Range(start.line, start.character, end.line, end.character);
        builder.replace(range, "newText" in edit ? edit.newText : edit.snippet.value);
      }
    };
    // The version is checked again, by the editor, at the moment of the change.
    const options = { undoStopBefore: !this.begun.has(uri), undoStopAfter: false };
    let applied: boolean;
    try {
      applied = await editor.edit(replace, options);
    } catch {
      // The user has turned to another file meanwhile: an editor that is gone takes no edits, and has not taken this one.
      return (await next(params, CancellationToken.None)) as ApplyWorkspaceEditResult;
    }
    if (applied) {
      this.begun.add(uri);
    }
    return applied ? { applied } : { applied, failureReason: "the document has changed" };
  }

  /** Runs begin and end undo steps. */
  heard(event: Event): void {
    if (event.phase === "started" || isLast(event.phase)) {
      this.begun.delete(vscode.Uri.parse(event.uri).toString());
    }
  }

  reset(): void {
    this.begun.clear();
  }
}

/** The change of a request that changes one document and nothing else, as all of ours do. */
function onlyChange(params: ApplyWorkspaceEditParams): TextDocumentEdit | undefined {
  const changes = params.edit.documentChanges ?? [];
  const [change] = changes;
  return changes.length === 1 && TextDocumentEdit.is(change) ? change : undefined;
}

function visibleEditor(uri: string): vscode.TextEditor | undefined {
  const wanted = vscode.Uri.parse(uri).toString();
  return vscode.window.visibleTextEditors.find((editor) => editor.document.uri.toString() === wanted);
}
