import * as vscode from "vscode";

/** The changed lines of each document, highlighted until they are kept or undone. */
export class Marks implements vscode.Disposable {
  private readonly marks = new Map<string, vscode.Range[]>();
  private readonly decoration = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor("diffEditor.insertedLineBackground"),
    overviewRulerColor: new vscode.ThemeColor("editorOverviewRuler.addedForeground"),
    overviewRulerLane: vscode.OverviewRulerLane.Left,
  });
  private readonly listeners = [
    // An editor that is shown again has forgotten its decorations.
    vscode.window.onDidChangeVisibleTextEditors((editors) => editors.forEach((editor) => this.draw(editor))),
    vscode.workspace.onDidChangeTextDocument((change) => this.follow(change)),
    vscode.workspace.onDidCloseTextDocument((document) => this.marks.delete(document.uri.toString())),
  ];

  /** Marks these lines of a document, and no others. */
  set(uri: vscode.Uri, lines: vscode.Range[]): void {
    this.marks.set(uri.toString(), lines);
    vscode.window.visibleTextEditors.forEach((editor) => this.draw(editor));
  }

  clear(): void {
    this.marks.clear();
    vscode.window.visibleTextEditors.forEach((editor) => this.draw(editor));
  }

  dispose(): void {
    this.decoration.dispose();
    vscode.Disposable.from(...this.listeners).dispose();
  }

  /** Keeps marks on their lines while the user types; those whose lines an undo or redo takes away go. */
  private follow({ document, contentChanges, reason }: vscode.TextDocumentChangeEvent): void {
    const marked = this.marks.get(document.uri.toString());
    if (!marked?.length || contentChanges.length === 0) {
      return;
    }
    let lines = marked;
    for (const { range, text } of contentChanges) {
      const added = text.split("\n").length - 1 - (range.end.line - range.start.line);
      const isUndone = (line: vscode.Range) =>
        reason !== undefined && range.start.line <= line.end.line && line.start.line <= range.end.line;
      const isAhead = (line: vscode.Range) => range.end.isBeforeOrEqual(line.start);
      const isInside = (line: vscode.Range) => range.start.line <= line.end.line;
      lines = lines
        .filter((line) => !isUndone(line))
        .map((line) => (isAhead(line) ? moved(line, added, added) : isInside(line) ? moved(line, 0, added) : line));
    }
    // What is on the screen follows by itself.
    this.marks.set(document.uri.toString(), lines);
    if (reason !== undefined) {
      vscode.window.visibleTextEditors.forEach((editor) => this.draw(editor));
    }
  }

  private draw(editor: vscode.TextEditor): void {
    editor.setDecorations(this.decoration, this.marks.get(editor.document.uri.toString()) ?? []);
  }
}

function moved(lines: vscode.Range, start: number, end: number): vscode.Range {
  const first = Math.max(lines.start.line + start, 0);
  return new vscode.Range(first, 0, Math.max(lines.end.line + end, first), 0);
}
