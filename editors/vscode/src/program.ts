import * as fs from "fs";
import * as path from "path";
import * as vscode from "vscode";

const NAME = process.platform === "win32" ? "fast-apply.exe" : "fast-apply";

/** The program to start: from the environment, the user's settings, the PATH, or this extension, in this order. */
export function findProgram(extension: vscode.Uri): string | undefined {
  const configured = vscode.workspace.getConfiguration("fastApply").get<string>("server.path");
  const named = process.env["FAST_APPLY_SERVER"] || configured;
  if (named) {
    // A wrong name is not silently replaced by another program.
    return isFile(named) ? named : undefined;
  }
  const folders = (process.env["PATH"] ?? "").split(path.delimiter).filter((folder) => path.isAbsolute(folder));
  const bundled = vscode.Uri.joinPath(extension, "bin").fsPath;
  return [...folders, bundled].map((folder) => path.join(folder, NAME)).find(isFile);
}

function isFile(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}
