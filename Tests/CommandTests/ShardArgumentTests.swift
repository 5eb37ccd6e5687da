import ArgumentParser
import LLM4SBatch
import Testing

@testable import llm4s_batch

@Suite struct ShardArgumentTests {
    static let engines = [
        "LLM4S_SHARD", "SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX", "AWS_BATCH_JOB_ARRAY_INDEX",
        "CLOUD_RUN_TASK_INDEX", "BATCH_TASK_INDEX", "SKYPILOT_JOB_RANK", "PBS_ARRAY_INDEX",
    ]

    private func fault(_ text: String, _ environment: [String: String] = [:]) -> String {
        do {
            let shard = try ShardArgument.shard(text, environment)
            return "\(shard.index)/\(shard.count)"
        } catch {
            return (error as? ValidationError)?.message ?? "\(error)"
        }
    }

    @Test(arguments: engines)
    func autoTakesTheNumberThatAnEngineGives(variable: String) {
        #expect(fault("auto/4", [variable: "3"]) == "3/4")
        #expect(fault("auto/4", [variable: "0", "SGE_TASK_ID": "undefined", "LLM4S_SHARDS": "2"]) == "0/4")
        #expect(
            fault("auto/4", [variable: "4"]).hasPrefix(
                "\(variable)=4: the last shard of 4 is 3; arrays start at 0"))
        for value in ["x", "-1", "+1", "1.0", "1 ", "99999999999999999999"] {
            #expect(fault("auto/4", [variable: value]) == "\(variable)='\(value)' is no number")
        }
    }

    @Test func gridEngineCountsFromOne() {
        #expect(fault("auto/4", ["SGE_TASK_ID": "1"]) == "0/4")
        #expect(fault("auto/4", ["SGE_TASK_ID": "4", "LLM4S_SHARD": "3"]) == "3/4")
        #expect(fault("auto/4", ["SGE_TASK_ID": "5"]).hasSuffix("its arrays start at 1"))
        #expect(fault("auto/4", ["SGE_TASK_ID": "0"]).hasPrefix("SGE_TASK_ID=0: "))
    }

    @Test func noneAndSeveralAreRefused() {
        let none = fault("auto/4", ["HOME": "/", "SLURM_ARRAY_TASK_ID": "", "SGE_TASK_ID": "undefined"])
        for variable in Self.engines + ["SGE_TASK_ID"] { #expect(none.contains(variable)) }
        let differ = fault("auto/4", ["SLURM_ARRAY_TASK_ID": "1", "JOB_COMPLETION_INDEX": "2"])
        #expect(differ.hasPrefix("SLURM_ARRAY_TASK_ID=1, JOB_COMPLETION_INDEX=2: "))
        #expect(fault("auto/4", ["SLURM_ARRAY_TASK_ID": "2", "JOB_COMPLETION_INDEX": "2"]) == "2/4")
    }

    @Test func whatIsTypedIsChecked() {
        #expect(fault("3/4", ["SLURM_ARRAY_TASK_ID": "1"]) == "3/4")
        #expect(fault("4/4") == "shards are counted from 0, and the last of 4 is 3")
        #expect(fault("1/1") == "shards are counted from 0, and the last of 1 is 0")
        for text in ["", "3", "auto", "auto/", "auto/0", "auto/x", "auto/100001", "0/0", "0/100001", "1/2/3"] {
            #expect(fault(text, ["LLM4S_SHARD": "0"]) == "it is I/N or auto/N, with N from 1 to 100,000", "\(text)")
        }
    }
}
