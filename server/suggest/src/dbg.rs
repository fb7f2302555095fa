#[test]
fn dbg() {
    let id = std::env::var("DBG").unwrap();
    let file = std::env::var("DBGFILE").unwrap();
    for line in std::fs::read_to_string(file).unwrap().lines() {
        let v: serde_json::Value = serde_json::from_str(line).unwrap();
        if v["id"] != id.as_str() {
            continue;
        }
        let before = v["before"].as_str().unwrap();
        let s = crate::parse(v["reply"].as_str().unwrap())
            .for_file(v["path"].as_str().unwrap(), before)
            .suggestion;
        let lang = crate::Language::from_path(v["path"].as_str().unwrap());
        println!("{lang:?}");
        let request = crate::words::Request::new(&format!(
            "{}\n\n{}",
            v["instruction"].as_str().unwrap(),
            s.instruction
        ));
        let mut text = before.to_owned();
        for b in &s.blocks {
            let sk = crate::sketch::Sketch::new(&b.text, &text);
            let request = request.of(b, s.blocks.len());
            let mut plan = crate::plan::Plan::new(&sk, &text, lang, &request);
            for (l, m) in sk.text.lines().zip(&sk.meanings) {
                println!(
                    "{:<8} {l}",
                    match m {
                        crate::marker::Meaning::Code => "",
                        crate::marker::Meaning::Gap(_) => "GAP",
                        _ => "REMOVAL",
                    }
                );
            }
            println!("sketch symbols:");
            for s in &plan.shown_outline.symbols {
                println!(
                    "  {:?} {} {} lead {} head {} end {} parent {:?}",
                    s.kind, s.name, s.signature, s.lead, s.head, s.end, s.parent
                );
            }
            println!("original symbols:");
            for s in &plan.original_outline.symbols {
                println!(
                    "  {:?} {} lead {} head {} end {} parent {:?}",
                    s.kind, s.name, s.lead, s.head, s.end, s.parent
                );
            }
            println!(
                "pairs {:?} fresh {:?}",
                plan.pairing.pairs, plan.pairing.fresh
            );
            let ops = plan.operations(crate::align::Taste::PLAIN);
            for op in &ops {
                if !matches!(op, crate::align::Op::Keep { .. }) {
                    let t = match *op {
                        crate::align::Op::Insert { sketch } => plan.shown.rows[sketch].text,
                        crate::align::Op::Match { original, .. }
                        | crate::align::Op::Delete { original } => {
                            plan.original.rows[original].text
                        }
                        crate::align::Op::Replace { sketch, .. } => plan.shown.rows[sketch].text,
                        _ => "",
                    };
                    println!("{op:?}   {t}");
                } else {
                    print!("k");
                }
            }
            let m = crate::merge::merge_sketch(&text, &b.text, lang, &request);
            println!("{:?} {}", m.doubts, m.confidence);
            text = m.text;
        }
    }
}
