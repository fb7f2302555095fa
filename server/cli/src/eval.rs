//! `fast-apply eval`: accuracy and speed over a data set.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use clap::Args;
use fast_apply_apply::{Applier, Mode, Options};
use fast_apply_engine::draft::DraftKind;
use fast_apply_eval::{
    Case, CaseResult, Evaluator, Journal, Oracle, Report, ReportRun, Setting, Summary, read_cases,
    write_failures,
};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use crate::apply_options::{ApplyOptions, ModeArgument};
use crate::evaluation_table;
use crate::failure::{Exit, Failure};
use crate::interrupt;

#[derive(Args)]
pub(crate) struct EvalArguments {
    /// Data sets: JSON lines with `id`, `path`, `language`, `instruction`, `reply`, `before` and
    /// `after`; plain or .zst.
    #[arg(required = true)]
    data: Vec<PathBuf>,
    /// Only the first so many cases.
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Only the cases with these ids.
    #[arg(long, value_name = "ID,...", value_delimiter = ',')]
    ids: Vec<String>,
    /// Write summary and cases to this file. A run that was stopped goes on from OUT.partial.
    #[arg(long, value_name = "OUT")]
    json: Option<PathBuf>,
    /// Keep every result that is not exact as a diff in this directory.
    #[arg(long, value_name = "DIR")]
    failures: Option<PathBuf>,
    /// Run plain and speculative rewrites, merge and auto one after the other, and write a page that
    /// compares them to this directory.
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Further results for cases with the same value under these keys of the data.
    #[arg(
        long,
        value_name = "KEY,...",
        value_delimiter = ',',
        default_value = "language,style,lines,changed_lines"
    )]
    group_by: Vec<String>,
    #[command(flatten)]
    options: ApplyOptions,
}

pub(crate) fn run(arguments: &EvalArguments) -> Result<(), Failure> {
    // From here on Ctrl-C sets a flag, so that no result is lost.
    interrupt::flag();
    if arguments.options.has_forced_output() {
        return Err(Failure::usage(
            "--force-output is for one file, not for a data set",
        ));
    }
    let cases = arguments.cases()?;
    let own = arguments.options.for_apply()?;
    match &arguments.report {
        Some(directory) => arguments.run_report(directory, &cases, &own),
        None => {
            let mut session = Session::new(arguments, &arguments.options)?;
            let run = session.run(&cases, &own, arguments.json.as_deref())?;
            arguments.finish(&run)?;
            session.discard_journals()
        }
    }
}

impl EvalArguments {
    fn cases(&self) -> Result<Vec<Case>, Failure> {
        let mut cases = Vec::new();
        for path in &self.data {
            cases.extend(read_cases(path).map_err(anyhow::Error::from)?);
        }
        if !self.ids.is_empty() {
            let known: HashSet<&str> = cases.iter().map(|case| case.id.as_str()).collect();
            if let Some(id) = self.ids.iter().find(|id| !known.contains(id.as_str())) {
                return Err(Failure::from(anyhow!("no case has the id '{id}'")));
            }
            cases.retain(|case| self.ids.contains(&case.id));
        }
        cases.truncate(self.limit.unwrap_or(usize::MAX));
        if cases.is_empty() {
            return Err(Failure::from(anyhow!("there is no case to evaluate")));
        }
        Ok(cases)
    }

    /// Runs every mode, and what was asked for if it is none of them.
    fn run_report(&self, directory: &Path, cases: &[Case], own: &Options) -> Result<(), Failure> {
        fs::create_dir_all(directory)
            .with_context(|| format!("cannot make {}", directory.display()))?;
        let modes = [
            (Mode::Rewrite, DraftKind::None, false),
            (Mode::Rewrite, DraftKind::Auto, false),
            (Mode::Rewrite, DraftKind::Auto, true),
            (Mode::Merge, DraftKind::Auto, false),
            (Mode::Auto, DraftKind::Auto, false),
        ];
        let mut settings: Vec<Options> = modes
            .iter()
            .map(|&(mode, draft, strict)| Options {
                mode,
                strict,
                draft,
                ..own.clone()
            })
            .collect();
        let kind = |options: &Options| (options.mode, options.draft, options.strict);
        let same = |options: &Options| kind(options) == kind(own);
        let asked_for = settings.iter().position(same).unwrap_or_else(|| {
            settings.push(own.clone());
            settings.len() - 1
        });
        let with_model = self.options.with_mode(ModeArgument::Rewrite);
        let mut session = Session::new(self, &with_model)?;
        let mut runs = Vec::new();
        for options in &settings {
            let strict = if options.strict { "-strict" } else { "" };
            let name = format!("{}-{}{strict}", options.mode.name(), options.draft.name());
            let path = directory.join(format!("{name}.json"));
            let run = session.run(cases, options, Some(&path))?;
            write_failures(&directory.join("failures").join(name), &run.results)
                .with_context(|| format!("cannot write to {}", directory.display()))?;
            runs.push(run);
        }
        self.finish(&runs[asked_for])?;
        if let Some(path) = &self.json {
            write_json(path, &runs[asked_for])?;
        }
        let page = directory.join("index.html");
        fs::write(&page, Report { runs }.html())
            .with_context(|| format!("cannot write {}", page.display()))?;
        eprintln!("The report is {}.", page.display());
        session.discard_journals()
    }

    /// Prints the table and keeps the failures.
    fn finish(&self, run: &ReportRun) -> Result<(), Failure> {
        print!("{}", evaluation_table::text(&run.summary));
        if let Some(directory) = &self.failures {
            write_failures(directory, &run.results)
                .with_context(|| format!("cannot write to {}", directory.display()))?;
        }
        let reason = run
            .results
            .iter()
            .find_map(|result| result.without_model.as_ref());
        if let Some(reason) = reason {
            let count = run.summary.without_model;
            eprintln!("fast-apply: the model had no say in {count} cases: {reason}");
        }
        Ok(())
    }
}

/// What several runs over the same data share: one model, and the journals to discard at the end.
struct Session<'a> {
    arguments: &'a EvalArguments,
    applier: Applier,
    oracle: Option<Oracle>,
    conversation: Option<String>,
    journals: Vec<Journal>,
}

impl<'a> Session<'a> {
    /// `options` say which model is needed.
    fn new(arguments: &'a EvalArguments, options: &ApplyOptions) -> Result<Session<'a>, Failure> {
        let conversation = options.conversation()?;
        let applier = options.applier()?;
        let mut oracle = None;
        // Loading shall not count as a part of the first case. A missing model is reported at the end.
        if options.mode != ModeArgument::Merge && applier.load().is_ok() {
            let model = options.resolver()()?;
            oracle = Some(Oracle {
                tokenizer: model.weights.tokenizer()?,
                template: model.prompt,
                length: options.for_apply()?.draft_length,
            });
        }
        Ok(Session {
            arguments,
            applier,
            oracle,
            conversation,
            journals: Vec::new(),
        })
    }

    /// Runs all cases, keeping each result next to `json` at once, and writes `json` at the end.
    fn run(
        &mut self,
        cases: &[Case],
        options: &Options,
        json: Option<&Path>,
    ) -> Result<ReportRun, Failure> {
        let mut journal = json.map(|path| self.journal(path, options)).transpose()?;
        let evaluator = Evaluator {
            applier: &self.applier,
            options,
            instruction: self.arguments.options.instruction.as_deref(),
            conversation: self.conversation.as_deref(),
            oracle: self.oracle.as_ref().filter(|_| options.mode != Mode::Merge),
            cancel: interrupt::flag(),
        };
        let bar = progress_bar(options, cases.len());
        let mut results: Vec<CaseResult> = Vec::new();
        for case in cases {
            let known = journal.as_ref().and_then(|journal| journal.result(case));
            let result = match known.cloned() {
                Some(result) => result,
                None => {
                    let result = evaluate(&evaluator, case)?
                        .ok_or_else(|| stopped(results.len(), cases.len(), json))?;
                    if let Some(journal) = &mut journal {
                        journal
                            .keep(case, &result)
                            .context("cannot keep a result")?;
                    }
                    result
                }
            };
            results.push(result);
            let exact = results.iter().filter(|result| result.exact).count();
            bar.set_message(format!("{exact} exact"));
            bar.inc(1);
        }
        bar.finish_and_clear();
        let summary = Summary::new(self.setting(options), &results, &self.arguments.group_by);
        let run = ReportRun { summary, results };
        if let Some(path) = json {
            write_json(path, &run)?;
        }
        self.journals.extend(journal);
        Ok(run)
    }

    fn journal(&self, json: &Path, options: &Options) -> Result<Journal, Failure> {
        let mut path = json.as_os_str().to_owned();
        path.push(".partial");
        // Everything that a result depends on, beside the case.
        let settings = format!(
            "{} {options:?} {:?} {:?}",
            env!("CARGO_PKG_VERSION"),
            self.conversation,
            self.arguments.options.with_mode(ModeArgument::Auto)
        );
        let journal = Journal::open(Path::new(&path), settings)
            .with_context(|| format!("cannot write {}", json.display()))?;
        Ok(journal)
    }

    fn setting(&self, options: &Options) -> Setting {
        let data = self.arguments.data.iter();
        let mut setting = Setting {
            data: data
                .map(|path| path.file_name().unwrap_or(path.as_os_str()))
                .map(|name| name.to_string_lossy().into_owned())
                .collect(),
            date: time::OffsetDateTime::now_utc().date().to_string(),
            mode: options.mode.name().to_owned(),
            strict: options.strict && options.mode != Mode::Merge,
            ..Setting::default()
        };
        if options.mode != Mode::Merge {
            let stats = self.applier.stats(options);
            let owned = |word: Option<&'static str>| word.map(str::to_owned);
            setting = Setting {
                draft: owned(stats.draft),
                model: stats.model,
                adapter: stats.adapter,
                device: owned(stats.device),
                dtype: owned(stats.dtype),
                threads: stats.threads,
                kernels: owned(stats.kernels),
                ..setting
            };
        }
        setting
    }

    /// Deletes what was kept case by case, when all results are written.
    fn discard_journals(self) -> Result<(), Failure> {
        for journal in self.journals {
            journal.discard()?;
        }
        Ok(())
    }
}

/// One case, unless the user has asked to stop.
fn evaluate(evaluator: &Evaluator<'_>, case: &Case) -> Result<Option<CaseResult>, Failure> {
    if interrupt::requested() {
        return Ok(None);
    }
    Ok(evaluator.evaluate(case)?)
}

fn stopped(done: usize, all: usize, json: Option<&Path>) -> Failure {
    let kept = match json {
        Some(path) => format!("the same command goes on from {}.partial", path.display()),
        None => "nothing is kept without --json".to_owned(),
    };
    Failure::new(
        Exit::Cancelled,
        anyhow!("stopped after {done} of {all} cases; {kept}"),
    )
}

fn write_json(path: &Path, run: &ReportRun) -> Result<(), Failure> {
    let value = json!({"summary": run.summary, "cases": run.results});
    let text = serde_json::to_string_pretty(&value).map_err(anyhow::Error::from)?;
    fs::write(path, text + "\n").with_context(|| format!("cannot write {}", path.display()))?;
    Ok(())
}

fn progress_bar(options: &Options, cases: usize) -> ProgressBar {
    let bar = ProgressBar::new(cases as u64);
    let template = "{prefix} {wide_bar} {pos}/{len}, {msg}, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_prefix(options.mode.name());
    bar
}
