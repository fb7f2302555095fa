import * as vscode from "vscode";
import { Server } from "./server";

/**
 * The commands of the palette. The server's own, `fastApply.suggest` and so on, are commands too: other extensions call
 * `vscode.commands.executeCommand("fastApply.suggest", { uri, text, instruction? })`.
 */
export function registerCommands(server: Server): vscode.Disposable[] {
  type Action = (editor: vscode.TextEditor) => Thenable<unknown>;
  const onEditor = (name: string, action: Action) =>
    vscode.commands.registerTextEditorCommand(`fast-apply.${name}`, (editor) => void action(editor));
  const forDocument = (name: string, command: string) =>
    onEditor(name, (editor) => server.execute(command, server.nameOf(editor.document)));
  return [
    forDocument("applyPending", "fastApply.apply"),
    forDocument("preview", "fastApply.preview"),
    forDocument("cancel", "fastApply.cancel"),
    forDocument("undo", "fastApply.undo"),
    onEditor("keep", (editor) => {
      server.sessions.unmark(editor.document.uri);
      return server.execute("fastApply.keep", server.nameOf(editor.document));
    }),
    onEditor("applyClipboard", (editor) => server.applyClipboard(server.nameOf(editor.document))),
    onEditor("applySelection", (editor) => {
      const { start, end } = editor.selection;
      const range = { start: plain(start), end: plain(end) };
      return server.execute("fastApply.apply", { ...server.nameOf(editor.document), range });
    }),
    vscode.commands.registerCommand("fast-apply.restart", () => server.restart()),
    vscode.commands.registerCommand("fast-apply.showLog", () => server.log.show()),
  ];
}

function plain(position: vscode.Position): { line: number; character: number } {
  return { line: position.line, character: position.character };
}
