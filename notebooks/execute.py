"""How nbconvert executes the notebook, for `deno task notebook` and the tests.

Deno's kernel (2.9.6) sometimes sends a cell's output only after it has said that the cell is done, at the next request. nbconvert
would leave such an output out; this makes a request after each cell, and puts in what comes.
"""

from nbclient.util import run_sync
from nbconvert.preprocessors import ExecutePreprocessor


class Execute(ExecutePreprocessor):
    def preprocess_cell(self, cell, resources, index):
        cell, resources = super().preprocess_cell(cell, resources, index)
        if cell.cell_type == "code" and cell.source.strip():
            self.take_late_outputs(cell, index)
        return cell, resources

    def take_late_outputs(self, cell, index):
        request = self.kc.kernel_info()
        while True:
            message = run_sync(self.kc.get_iopub_msg)(timeout=60)
            if message["parent_header"].get("msg_id") != request:
                self.process_message(message, cell, index)
            elif message["content"].get("execution_state") == "idle":
                return


c = get_config()  # noqa: F821, traitlets defines it
c.NotebookExporter.preprocessors = [Execute]
c.Execute.enabled = True
c.Execute.kernel_name = "deno"
c.Execute.record_timing = False
c.Execute.timeout = 300
