import CSV
import JSON

extension ConformanceJudge {
    /// `json.parse`: one JSON text; yields nothing.
    func parseJSON(_ inputs: CaseInputs) throws(Refusal) -> JSONObject? {
        let text = try inputs.base64("b64")
        do {
            _ = try JSONValue(parsing: text)
        } catch {
            throw Refusal("\(error.message) at line \(error.line), column \(error.column)")
        }
        return nil
    }

    /// `csv.read`: the rows as objects keyed by the header; a row of another width is refused.
    ///
    /// Where the case compares rows, all of them as lists, of whatever width.
    func readCSV(_ element: ConformanceCase) throws(Refusal) -> JSONObject? {
        element.comparesRows ? try readRows(element.inputs) : try readObjects(element.inputs)
    }

    private func readRows(_ inputs: CaseInputs) throws(Refusal) -> JSONObject {
        var rows: [JSONValue] = []
        for event in CSVReader.events(in: try inputs.base64("b64")) {
            switch event {
            case .malformed(let error): throw Refusal("\(error.message) at line \(error.line)")
            case .record(let record): rows.append(.array(record.fields.map { .string($0.text) }))
            }
        }
        return ["rows": .array(rows)]
    }

    private func readObjects(_ inputs: CaseInputs) throws(Refusal) -> JSONObject {
        var header: [String]?
        var objects: [JSONValue] = []
        for event in CSVReader.events(in: try inputs.base64("b64")) {
            switch event {
            case .malformed(let error): throw Refusal("\(error.message) at line \(error.line)")
            case .record(let record):
                let fields = record.fields.map(\.text)
                guard let names = header else {
                    header = fields
                    continue
                }
                guard fields.count == names.count else {
                    throw Refusal(
                        "expected \(names.count) fields at line \(record.line), found \(fields.count)")
                }
                let members = zip(names, fields).map { (name: $0, value: JSONValue.string($1)) }
                objects.append(.object(JSONObject(members)))
            }
        }
        if let header {
            let names = header.map { Array($0.utf8) }
            guard Set(names).count == names.count else {
                throw Refusal("a column name stands twice in the header")
            }
        }
        return ["objects": .array(objects)]
    }
}
