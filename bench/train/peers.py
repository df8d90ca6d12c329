"""Trains one peer on the arrays that bench/run train wrote, and prints what it took.

usage: peers.py sklearn|xgboost FOLDER binary|regression TREES THREADS

FOLDER holds train.x, test.x (float32, row-major), train.y (float64) and shape.txt (train rows, test rows, features). The predictions for the test rows
go to predictions.f64. Printed: cpu seconds, wall seconds of the fit alone, and the peak memory of the process in bytes.
"""
import ctypes
import resource
import sys
import time

import numpy as np

peer, folder, task, trees, threads = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
rows, test_rows, features = (int(n) for n in open(folder + "/shape.txt").read().split())
x = np.fromfile(folder + "/train.x", dtype=np.float32).reshape(rows, features)
y = np.fromfile(folder + "/train.y", dtype=np.float64)
x_test = np.fromfile(folder + "/test.x", dtype=np.float32).reshape(test_rows, features)


def with_sklearn():
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingClassifier if task == "binary" else HistGradientBoostingRegressor
    model = kind(max_iter=trees, max_leaf_nodes=31, learning_rate=0.1, min_samples_leaf=20, l2_regularization=0, early_stopping=False,
                 random_state=0)
    # It computes in float64; it is given that, so that no conversion falls into the measured time.
    wide = x.astype(np.float64)
    took = measured(lambda: model.fit(wide, y))
    answers = model.predict_proba(x_test.astype(np.float64))[:, 1] if task == "binary" else model.predict(x_test.astype(np.float64))
    return took, answers


def with_xgboost():
    library = ctypes.CDLL("libxgboost.so.0")
    library.XGBGetLastError.restype = ctypes.c_char_p

    def call(name, *arguments):
        if getattr(library, name)(*arguments) != 0:
            raise RuntimeError(name + ": " + library.XGBGetLastError().decode())

    def matrix(values, labels=None):
        handle = ctypes.c_void_p()
        call("XGDMatrixCreateFromMat", values.ctypes.data_as(ctypes.c_void_p), ctypes.c_uint64(values.shape[0]),
             ctypes.c_uint64(values.shape[1]), ctypes.c_float(float("nan")), ctypes.byref(handle))
        if labels is not None:
            narrow = labels.astype(np.float32)
            call("XGDMatrixSetFloatInfo", handle, b"label", narrow.ctypes.data_as(ctypes.c_void_p), ctypes.c_uint64(len(narrow)))
        return handle

    booster = ctypes.c_void_p()

    def fit():
        data = matrix(x, y)
        call("XGBoosterCreate", (ctypes.c_void_p * 1)(data), ctypes.c_uint64(1), ctypes.byref(booster))
        settings = {
            "objective": "binary:logistic" if task == "binary" else "reg:squarederror", "tree_method": "hist", "grow_policy": "lossguide",
            "max_leaves": 31, "max_depth": 0, "max_bin": 255, "eta": 0.1, "lambda": 0, "nthread": threads, "verbosity": 0,
            # It knows no least number of rows; a row weighs at most 1/4 under log-loss and 1 under squared error.
            "min_child_weight": 1 if task == "binary" else 20,
            "base_score": 0.5 if task == "binary" else float(np.mean(y)),
        }
        for key, value in settings.items():
            call("XGBoosterSetParam", booster, key.encode(), str(value).encode())
        for i in range(trees):
            call("XGBoosterUpdateOneIter", booster, ctypes.c_int(i), data)

    took = measured(fit)
    length, result = ctypes.c_uint64(), ctypes.POINTER(ctypes.c_float)()
    call("XGBoosterPredict", booster, matrix(x_test), ctypes.c_int(0), ctypes.c_uint(0), ctypes.c_int(0), ctypes.byref(length), ctypes.byref(result))
    return took, np.ctypeslib.as_array(result, (length.value,)).astype(np.float64)


def measured(work):
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.process_time() - cpu, time.perf_counter() - wall


(cpu_seconds, wall_seconds), predictions = with_sklearn() if peer == "sklearn" else with_xgboost()
np.asarray(predictions, dtype=np.float64).tofile(folder + "/predictions.f64")
print(cpu_seconds, wall_seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024)
