"""What a person is told who gives a script something that it cannot use: every script, every argument.

Each row is a command line, and what its error says. No traceback, exit code 1 (2 from argparse), nothing half written.
"""

import re

import pytest

from numbered_scripts import SCRIPTS, say

ARGPARSE = 2
EXPLAIN = "11 videos/30.webm --config tsn.jsonnet --backbone-config light.jsonnet"
NAMED = f"{EXPLAIN} --class-priors priors.csv --classes-csv classes.csv"
ESVS = "05 tsn.jsonnet priors.csv o.pkl --sample-n-frames 2"
COMPARE = "10 tsn.jsonnet priors.csv co --sample-n-frames 2 --no-pictures"
GULP = "01 labels/validation.json videos out/g"
EXTRACT = "02 light.jsonnet o.hdf --split validation"
FILE_IN_THE_WAY = "expected a folder to write into at .*a_file.*, but a file is in the way"
A_FOLDER = "expected a file to write at a_folder, but a folder is there"
AT_LEAST_ONE_WORKER = r"expected 0 \(the default\) or at least 1 workers, one for each device, got -1"
NO_DEVICE = "expected a device such as auto, cpu, cuda or cuda:1, got 'gpu'"
NO_CUDA = "no CUDA device 'cuda:99' here"

BAD = [
    # Generate
    ("00 a_file --n-train 10 --n-validation 10 --n-test 10", FILE_IN_THE_WAY),
    ("00 demo --n-train 7", "expected a multiple of 10 train videos, as many of each class, got 7"),
    ("00 demo --n-test 0", "expected a multiple of 10 test videos, as many of each class, got 0"),
    ("00 demo --workers -1", AT_LEAST_ONE_WORKER),
    ("00 demo --seed -1", "expected a seed of 0 or more, got -1"),
    ("00 demo --n-validation ten", ARGPARSE, "argument --n-validation: invalid int value: 'ten'"),
    # Gulp
    ("01 none.json videos out/g", "expected the label json of a split at none.json, but it does not exist"),
    ("01 a_folder videos out/g", "at a_folder, but it is a folder"),
    ("01 labels/cut.json videos out/g", "cannot read labels/cut.json as json: Expecting ',' delimiter: line 1 column"),
    ("01 labels/no_list.json videos out/g", "expected a list of videos in labels/no_list.json, got {'30'"),
    ("01 labels/empty.json videos out/g", "expected at least one video in labels/empty.json, got an empty list"),
    ("01 labels/twice.json videos out/g", "expected each video once, but id 30 is there again as entry 1"),
    ("01 labels/path.json videos out/g", "to be a plain file name, got '../x' in entry 0 of labels/path.json"),
    ("01 labels/long.json videos out/g", "to have 240 bytes at most, got 'xxx"),
    ("01 labels/no_id.json videos out/g", 'expected an object with an "id" as entry 0'),
    ("01 labels/class.json videos out/g", r"the class of video 30 is not in the labels json: 'Juggling \[something\]'"),
    ("01 labels/half.json videos out/g", "expected a template for video 31, got None: entry 1"),
    ("01 alone/train.json videos out/g", "expected the class names of alone/train.json in labels.json or"),
    ("01 labels/validation.json none out/g", "expected a folder of videos at none, but there is none"),
    ("01 labels/validation.json videos a_file/g", FILE_IN_THE_WAY),
    (f"{GULP} --layout tree", ARGPARSE, "argument --layout: invalid choice: 'tree'"),
    (f"{GULP} --frame-rate -1", "expected a frame_rate of more than 0, got -1.0"),
    (f"{GULP} --frame-rate nan", "expected a frame_rate of more than 0, got nan"),
    (f"{GULP} --frame-rate inf", "expected a frame_rate of more than 0, got inf"),
    (f"{GULP} --shorter-edge 0", "expected a shorter_edge of more than 0, got 0"),
    (f"{GULP} --videos-per-chunk 0", "expected at least one video per chunk, got 0"),
    (f"{GULP} --num-workers -1", AT_LEAST_ONE_WORKER),
    (f"{GULP} --workers -1", AT_LEAST_ONE_WORKER),
    (f"{GULP} --classes-json names.json", "expected {class name: id} in names.json, got"),
    (f"{GULP} --classes-json none.json", r"expected the json of class names \(labels.json\) at none.json"),
    # Learn the light backbone's projection
    ("01b tsn.jsonnet", "not a valid BackboneConfig:.*dataset.gulp_dir: missing"),
    ("01b resnet.jsonnet", "expected a config of the light backbone, got 'resnet50'"),
    (
        "01b light.jsonnet --split none",
        "expected a gulp folder at /.*/gulp/none, but there is none; make it with 01_gulp",
    ),
    ("01b light.jsonnet --n-videos 0", "expected 1 or more videos and frames, got 0 and 4"),
    ("01b light.jsonnet --n-frames -1", "expected 1 or more videos and frames, got 400 and -1"),
    ("01b light.jsonnet", "expected more than 4 pictures to find 4 principal components, got 4"),
    # Extract
    ("02 none.jsonnet o.hdf --split validation", "expected a config at none.jsonnet, but it does not exist"),
    ("02 light.jsonnet o.hdf", ARGPARSE, "the following arguments are required: --split"),
    ("02 light.jsonnet o.hdf --split none", "expected a gulp folder at /.*/gulp/none, but there is none"),
    ("02 light_none.jsonnet o.hdf --split validation", "expected a checkpoint at /.*/none.pth, but it does not exist"),
    ("02 light_wrong.jsonnet o.hdf --split validation", "not those of this LightBackbone .*68 missing: stem.weight"),
    ("02 light_crop.jsonnet o.hdf --split validation", "expected a crop of at most 16 pixels"),
    ("02 light_empty.jsonnet o.hdf --split validation", "expected gulped videos in /.*/gulp_empty/validation"),
    ("02 light_cut.jsonnet o.hdf --split validation", "data_0.gulp is cut short: the frames of video 20"),
    ("02 light_jpeg.jsonnet j.hdf --split validation --workers 1", "cannot decode video 20 of .*; gulp it again"),
    ("02 light_nan.jsonnet n.hdf --split validation --workers 1", "video 20, but 3 of its 3 frames have NaN"),
    ("02 light.jsonnet a_folder --split validation", A_FOLDER),
    ("02 light.jsonnet a_file/o.hdf --split validation", FILE_IN_THE_WAY),
    ("02 light.jsonnet a_file --split validation", "expected an HDF5 file or nothing at a_file, but it is another"),
    (f"{EXTRACT} --batch-size 0", "expected a batch size of 1 or more"),
    (f"{EXTRACT} --decoders -1", "0 or more decoders, got 64 and -1"),
    (f"{EXTRACT} --num-workers -1", "0 or more decoders, got 64 and -1"),
    (f"{EXTRACT} --videos-per-shard 0", "expected one or more videos per shard, got 0"),
    (f"{EXTRACT} --device gpu", NO_DEVICE),
    (f"{EXTRACT} --devices cuda:99", NO_CUDA),
    (f"{EXTRACT} --workers -1", AT_LEAST_ONE_WORKER),
    (f"{EXTRACT} --shard 3/3", "expected a partition i/N with i from 0 to N - 1, got 3/3"),
    (f"{EXTRACT} --shard x", "expected a partition i/N such as 0/4, got 'x'"),
    (f"{EXTRACT} --engine slurm", ARGPARSE, "argument --engine: invalid choice: 'slurm'"),
    # Train
    (
        "03 no_jsonnet.jsonnet",
        "cannot evaluate no_jsonnet.jsonnet: STATIC ERROR: .*:1:12: unexpected end",
    ),
    ("03 endless.jsonnet", "cannot evaluate endless.jsonnet: RUNTIME ERROR: max stack frames exceeded"),
    ("03 list.jsonnet", r"list.jsonnet is not a valid FeatureModelConfig:.*got \[1\]"),
    ("03 misspelt.jsonnet", "dropuot: unknown key; check its spelling"),
    ("03 no_kind.jsonnet", "model.kind: missing, expected the kind of model"),
    ("03 one_path.jsonnet", "expected {n_frames} in the checkpoint path"),
    ("03 tsn_missing.jsonnet", r"expected a features file .* at /.*/missing.hdf, but it does not exist"),
    ("03 tsn_garbage.jsonnet", "expected an HDF5 file of features at /.*/garbage.hdf, but it is no HDF5 file"),
    ("03 tsn_cut.jsonnet", "cannot read /.*/cut.hdf, it is damaged: .*truncated file.*; extract the features again"),
    ("03 tsn_nan.jsonnet", "expected finite features for video 11, but 7 of its 7 frames have NaN"),
    ("03 tsn_twice.jsonnet", "expected each uid once, but these come twice: 11"),
    ("03 tsn_unlabelled.jsonnet", r"expected class ids in 0..2 in /train of /.*/unlabelled.hdf, got -1..-1"),
    ("03 tsn_other_dim.jsonnet", "expected features of 4 values a frame in /.*/other_dim.hdf, got 8"),
    ("03 tsn_no_frames.jsonnet", "expected one or more frames of 4 values for video 11 .*, got 0 values"),
    ("03 tsn_empty.jsonnet", "expected features of at least one video, got none"),
    (
        "03 tsn_2_classes.jsonnet",
        r"expected class ids in 0..1 in /train of /.*/features.hdf, got 0..2; set the n_classes",
    ),
    ("03 tsn.jsonnet --epochs 0", "expected 1 or more for --epochs, got 0"),
    ("03 tsn.jsonnet --seed -1", "expected 0 or more for --seed, got -1"),
    ("03 tsn.jsonnet --device gpu", NO_DEVICE),
    ("03 tsn.jsonnet --report a_file/x.csv", FILE_IN_THE_WAY),
    ("03 tsn.jsonnet --report a_folder", A_FOLDER),
    ("03 untrained.jsonnet", FILE_IN_THE_WAY),
    # Priors
    ("04 none.json o.csv", "expected the json of a split, or its gulp folder, at none.json, but there is neither"),
    ("04 labels/unlabelled.json o.csv", "it has no labels; use the train split"),
    ("04 labels/validation.json a_folder", "a_folder: Is a directory"),
    ("04 labels/validation.json a_file/o.csv", FILE_IN_THE_WAY),
    ("04 labels/validation.json labels/validation.json", "expected class priors or nothing at labels/validation.json"),
    ("04 alone/train.json o.csv", "expected the class names .* beside it; or say where with --classes$"),
    ("04 labels/validation.json o.csv --classes none.csv", "expected a classes csv .* at none.csv"),
    ("04 labels/validation.json o.csv --classes classes_twice.csv", "expected each name once in .*twice: a"),
    ("04 labels/validation.json o.csv --classes classes_short.csv", "the class of video 31 is not in the labels json"),
    ("04 labels/validation.json o.csv --classes no_text.csv", "cannot read no_text.csv as csv: 'utf-8' codec"),
    ("04 labels/validation.json o.csv --smoothing -1", "expected a smoothing count of 0 or more, got -1"),
    ("04 labels/validation.json o.csv --smoothing nan", "expected a smoothing count of 0 or more, got nan"),
    # ESVs
    ("05 light.jsonnet priors.csv o.pkl", "not a valid FeatureModelConfig:.*model: missing"),
    ("05 trn.jsonnet priors.csv o.pkl", "a single-scale TRN takes a fixed number of frames"),
    ("05 deeper.jsonnet priors.csv o.pkl", "not those of this MLPConsensus .*2 missing: model.5.weight, model.5.bias"),
    ("05 no_weights.jsonnet priors.csv o.pkl", "expected a file at /.*/none.pth, but it does not exist"),
    ("05 garbage_weights.jsonnet priors.csv o.pkl", "cannot read /.*/garbage as a checkpoint: .*is it complete"),
    ("05 tsn.jsonnet none.csv o.pkl", r"expected a class priors csv \(class,prior\) at none.csv"),
    ("05 tsn.jsonnet priors_sum.csv o.pkl", "expected the priors in priors_sum.csv to sum to 1, but they sum to 0.9"),
    ("05 tsn.jsonnet priors_short.csv o.pkl", "priors of all 3 classes in priors_short.csv, but 1 are missing: 2"),
    ("05 tsn.jsonnet priors_nan.csv o.pkl", r"expected a prior in 0..1, got nan for class 1 in priors_nan.csv, line 3"),
    ("05 tsn.jsonnet priors_twice.csv o.pkl", "expected each class once, got class 1 again in .*, line 5"),
    ("05 tsn.jsonnet priors_more.csv o.pkl", r"expected class ids in 0..2, got 3 in priors_more.csv, line 5"),
    ("05 tsn.jsonnet priors_words.csv o.pkl", "expected a number, got 'half' in priors_words.csv, line 3"),
    ("05 tsn.jsonnet classes.csv o.pkl", "expected the columns class,prior in classes.csv, got 'name,id'"),
    ("05 tsn_missing.jsonnet priors.csv o.pkl", "expected a file at /.*/missing.hdf, but it does not exist"),
    ("05 tsn_cut.jsonnet priors.csv o.pkl", "cannot read /.*/cut.hdf, it is damaged"),
    ("05 tsn_nan.jsonnet priors.csv o.pkl --sample-n-frames 2", "expected finite features for video 11"),
    ("05 tsn_no_frames.jsonnet priors.csv o.pkl --sample-n-frames 2", "one or more frames of 4 values for video 11"),
    ("05 tsn_twice.jsonnet priors.csv o.pkl", "expected each uid once, but these come twice: 11"),
    ("05 tsn_unlabelled.jsonnet priors.csv o.pkl", r"got -1..-1; .*use a split with labels"),
    ("05 tsn_2_classes.jsonnet priors.csv o.pkl", r"expected class ids in 0..1, got 2 in priors.csv, line 4"),
    (
        "05 tsn.jsonnet priors.csv o.pkl --split none",
        "expected a split 'none' in /.*/features.hdf, got train, validation",
    ),
    (
        "05 tsn.jsonnet priors.csv o.pkl --sample-n-frames 0",
        "a positive number of frames, or -1 for all, got 0",
    ),
    ("05 tsn.jsonnet priors.csv o.pkl --sample-n-frames 99", "at least 99 frames, but all 4 are shorter; nothing is"),
    (
        "05 tsn.jsonnet priors.csv o.pkl --sample-n-frames 11 --subset-scores",
        "expected at most 10 frames to store the scores",
    ),
    ("05 tsn.jsonnet priors.csv o.pkl --sample-n-frames two", ARGPARSE, "invalid int value: 'two'"),
    ("05 tsn.jsonnet priors.csv o.pkl --sample-n-frames 1 2", "expected {n_frames} in the name of the output"),
    (f"{ESVS} --estimator best", ARGPARSE, "invalid choice: 'best'"),
    (f"{ESVS} --estimator exact --approximate", "expected --approximate or --estimator exact, got both"),
    (f"{ESVS} --estimator surrogate", "surrogate"),
    (f"{ESVS} --target-stderr 0.1", "exact ESVs have no error: add --approximate"),
    (f"{ESVS} --estimator layered --target-stderr nan", "expected a positive target_stderr, got nan"),
    (f"{ESVS} --estimator constructive --approximate-n-iters 0", "expected n_iters of at least 1"),
    (f"{ESVS} --estimator layered --approximate-max-samples-per-scale 0", "max_samples_per_scale of at least 1"),
    (f"{ESVS} --estimator layered --seed -1", "expected seed of at least 0"),
    (f"{ESVS} --estimator layered --interactions", "the layered estimator has no interactions of pairs; use the set_"),
    (f"{ESVS} --budget 100", "--budget is for estimates, and exact ESVs have no error: add --approximate"),
    (f"{ESVS} --approximate --budget 0", "expected budget of at least 1 for the approximation, got 0"),
    (
        f"{ESVS} --approximate --budget 9 --approximate-max-samples-per-scale 9",
        "expected either a budget or max_samples_per_scale, got both",
    ),
    (f"{ESVS} --batch-size 0", "expected a batch of at least one video, got 0"),
    (f"{ESVS} --videos-per-shard 0", "expected shards of at least one video, got 0"),
    (f"{ESVS} --device gpu", NO_DEVICE),
    (f"{ESVS} --device cuda:99", NO_CUDA),
    ("05 tsn.jsonnet priors.csv a_folder", A_FOLDER),
    ("05 tsn.jsonnet priors.csv a_file/o.pkl", FILE_IN_THE_WAY),
    ("05 tsn.jsonnet priors.csv features.hdf", "expected results or nothing at features.hdf, but it is another file"),
    # Collate
    ("12 none.pkl a_folder classes.csv site", "expected a results pickle at none.pkl, but it does not exist"),
    ("12 esvs-1.pkl none classes.csv site", "expected a folder of videos at none, but there is none"),
    ("12 esvs-1.pkl a_folder none.csv site", "none.csv, but it does not exist"),
    ("12 esvs-1.pkl a_folder classes.csv a_file", FILE_IN_THE_WAY),
    ("12 esvs-1.pkl a_folder classes.csv site --groups uids.csv", "expected the columns uid,group in uids.csv"),
    ("12 esvs-1.pkl a_folder classes.csv site --report none", "expected the report of script 09 at none"),
    ("06 none.pkl c.pkl", "expected a results pickle at none.pkl, but it does not exist"),
    ("06 esvs-1.pkl", ARGPARSE, "the following arguments are required: out.pkl"),
    ("06 esvs-cut.pkl c.pkl", "cannot read esvs-cut.pkl as a results pickle: pickle exhausted before end of frame"),
    (
        "06 esvs-code.pkl c.pkl",
        "cannot read esvs-code.pkl as a results pickle: it refers to os.system,",
    ),
    ("06 esvs-twice.pkl c.pkl", "not a valid results file: expected each uid once in the results, .*twice: v1"),
    ("06 esvs-nan.pkl c.pkl", "expected finite scores and shapley_values, but some are NaN or infinite"),
    ("06 esvs-long.pkl c.pkl", "expected uids of 1 to 255 characters, got 300"),
    ("06 esvs-no_length.pkl c.pkl", "expected sequence_lengths in 1..10000000, got 0..0"),
    ("06 esvs-shape.pkl c.pkl", r"expected scores of shape \(3, 3\), got \(3, 4\)"),
    ("06 features.hdf c.pkl", "cannot read features.hdf as a results pickle"),
    ("06 esvs-1.pkl esvs-classes.pkl c.pkl", "result 1 and result 2 have different class priors"),
    ("06 esvs-1.pkl esvs-labels.pkl c.pkl", "contradict each other: labels of video v0 is 0 in one and 1 in the other"),
    ("06 esvs-1.pkl esvs-others.pkl c.pkl", "expected results on the same videos, but no uid is in all of them"),
    ("06 esvs-2.pkl esvs-2.pkl c.pkl", "one result for each number of frames, but these come twice: 2"),
    ("06 esvs-1.pkl esvs-2.pkl esvs-2.pkl", "expected an output that is not among the inputs, got esvs-2.pkl"),
    ("06 esvs-1.pkl c.pkl --uids-csv none.csv", "expected a csv of video ids at none.csv, but it does not exist"),
    ("06 esvs-1.pkl c.pkl --uids-csv uids_none.csv", "expected at least one video id in uids_none.csv, got none"),
    ("06 esvs-1.pkl c.pkl --uids-csv uids_other.csv", "no uid is in all of them"),
    ("06 esvs-1.pkl a_folder", A_FOLDER),
    ("06 esvs-1.pkl a_file/c.pkl", FILE_IN_THE_WAY),
    ("06 esvs-1.pkl priors.csv", "expected results or nothing at priors.csv, but it is another file"),
    # Dump frames
    ("07 none fr", "expected a gulp folder at none, but there is none; make it with 01_gulp_ssv2.py"),
    ("07 gulp_empty/validation fr", "expected gulped videos in gulp_empty/validation, but it has none"),
    ("07 gulp_uid/validation fr", "expected the id of a video to be a plain file name, got '../x'"),
    ("07 gulp_jpeg/validation fr --workers 1", "1 of 1 videos failed, for the reasons above; the others are done"),
    ("07 gulp/validation a_file", FILE_IN_THE_WAY),
    ("07 gulp/validation fr --quality 0", ARGPARSE, r"argument --quality: expected 1\.\.100, got 0"),
    ("07 gulp/validation fr --uids-csv uids_path.csv", "1 of 1 videos failed"),
    ("07 gulp/validation fr --uids-csv uids_other.csv", "1 of 1 videos failed"),
    ("07 gulp/validation fr --workers -1", AT_LEAST_ONE_WORKER),
    ("07 gulp/validation fr --shard 9/2", "expected a partition i/N with i from 0 to N - 1, got 9/2"),
    # Encode
    ("08 none v", "expected a folder of frames for each video in none; 07_dump_frames_from_gulp_dir.py makes them"),
    ("08 frames a_file", FILE_IN_THE_WAY),
    ("08 frames v --frame-rate 0", "expected a frame rate of more than 0 frames per second, got 0.0"),
    ("08 frames v --frame-rate nan", "expected a frame rate of more than 0 frames per second, got nan"),
    ("08 frames v --bitrate lots", "expected a bitrate such as 200k or 1M, got 'lots'"),
    ("08 frames v --pattern nothing --workers 1", "2 of 2 videos failed"),
    ("08 frames_gap v --workers 1", "1 of 1 videos failed"),
    # Analyse
    ("09 none.pkl --output-dir an", "expected a results pickle at none.pkl, but it does not exist"),
    ("09 esvs-1.pkl", ARGPARSE, "the following arguments are required: --output-dir"),
    ("09 esvs-1.pkl --output-dir a_file", "a_file"),
    ("09 esvs-1.pkl --output-dir an --names a b", "expected one name for each of the 1 results files, got 2"),
    ("09 esvs-1.pkl esvs-2.pkl --output-dir an --names a a", "expected one results file for each model"),
    ("09 esvs-1.pkl --output-dir an --classes-csv classes_twice.csv", "expected each name once in classes_twice.csv"),
    ("09 esvs-1.pkl --output-dir an --gulp-dir none", "expected a gulp folder at none, but there is none"),
    ("09 esvs-1.pkl --output-dir an --frames-dir none", "expected a folder of frames at none, but there is none"),
    ("09 esvs-1.pkl --output-dir an --groups uids.csv", "expected the columns uid,group in uids.csv"),
    ("09 esvs-1.pkl --output-dir an --examples -1", "expected 0 or more examples, got -1"),
    # Compare
    ("10 tsn.jsonnet priors_short.csv co", "but 1 are missing: 2; compute them again"),
    ("10 tsn.jsonnet priors.csv a_file --sample-n-frames 2 --no-pictures", FILE_IN_THE_WAY),
    ("10 trn.jsonnet priors.csv co --sample-n-frames 2 --no-pictures", "a single-scale TRN takes a fixed number"),
    ("10 tsn_nan.jsonnet priors.csv co --sample-n-frames 2 --no-pictures", "expected finite features for video 11"),
    ("10 tsn_unlabelled.jsonnet priors.csv co --sample-n-frames 2", "use a split with labels"),
    ("10 tsn.jsonnet priors.csv co --sample-n-frames 99", "expected videos of at least 99 frames, but there are none"),
    (f"{COMPARE} --split none", "expected a split 'none' in /.*/features.hdf, got train, validation"),
    (f"{COMPARE} --sample-n-frames 0", "expected --sample-n-frames of at least 1, got 0"),
    (f"{COMPARE} --limit 0", "expected --limit of at least 1, got 0"),
    (f"{COMPARE} --methods nothing", ARGPARSE, "argument --methods: invalid choice: 'nothing'"),
    (f"{COMPARE} --decisive-frames labels/cut.json", "cannot read labels/cut.json as json"),
    (f"{COMPARE} --decisive-frames labels/validation.json", 'expected {"videos": {uid'),
    (f"{COMPARE} --sensitivity-videos -1", "expected --sensitivity-videos of at least 0, got -1"),
    (f"{COMPARE} --methods esv kernel-shap", "expected a model of pixels for kernel-shap, but TSN is one of features"),
    (f"{COMPARE} --batch-size 0", "expected --batch-size of at least 1, got 0"),
    (f"{COMPARE} --seed -1", "expected --seed of at least 0, got -1"),
    (f"{COMPARE} --device gpu", NO_DEVICE),
    # Explain a video
    ("11 none.webm", "expected a video or a folder of videos at none.webm, but there is nothing"),
    ("11 videos/30.webm --config tsn.jsonnet", "expected dataset.backbone_config in tsn.jsonnet, or --backbone-config"),
    (f"{EXPLAIN} --class-priors none.csv --classes-csv classes.csv", "at none.csv, but it does not exist"),
    (
        f"{EXPLAIN} --class-priors priors_short.csv --classes-csv classes.csv",
        "but 1 are missing: 2; compute them again",
    ),
    (f"{EXPLAIN} --class-priors priors.csv --classes-csv classes_short.csv", r"names of the 3 classes 0..2 .*, got 2"),
    (f"{NAMED} --class Juggling", "expected a class of the model, got 'Juggling'"),
    (f"{NAMED} --sample-n-frames 0", "expected 1 to 512 frames, or -1 for all, got 0"),
    (f"{NAMED} --output-dir a_file", FILE_IN_THE_WAY),
    (f"{NAMED} --device gpu", NO_DEVICE),
    (NAMED.replace("30.webm", "32.webm"), "cannot explain videos/32.webm: empty file"),
    (NAMED.replace("30.webm", "31.webm"), "cannot explain videos/31.webm: truncated"),
    (NAMED.replace("videos/30.webm", "no_video.webm"), "cannot explain no_video.webm: Invalid data"),
    (NAMED.replace("videos/30.webm", "a_folder"), "expected videos in the folder a_folder"),
]


def files_in(folder):
    """All files that are not hidden and not what a stopped run keeps to go on with, and their sizes."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {
        str(path): path.stat().st_size for path in paths if not path.name.startswith(".") and ".shards" not in str(path)
    }


@pytest.mark.parametrize("row", BAD, ids=lambda row: row[0])
def test_what_a_person_is_told(bad_workspace, row):
    line, message = row[0], row[-1]
    before = files_in(bad_workspace)
    code, said = say(line)
    assert code == (ARGPARSE if ARGPARSE in row else 1), said
    *_, told = said.split("error: ", 1)
    assert re.search(message, told, re.DOTALL), said
    assert "Traceback" not in said
    assert len(told) < 2000
    assert files_in(bad_workspace) == before
    assert not list(bad_workspace.rglob(".part-*"))


def test_every_script_and_argument_is_tried():
    """Every script has rows; every option of it is in one, but for those that have nothing to be wrong."""
    harmless = {"--help", "--allow-missing", "--amp", "--approximate", "--interactions", "--predicted", "--no-pictures"}
    elsewhere = {"--ray-address", "--dataset", "--model"}
    for number, path in SCRIPTS.items():
        options = set(re.findall(r'"(--[a-z][a-z-]*)"', path.read_text())) - harmless - elsewhere
        tried = " ".join(row[0] for row in BAD if row[0].split()[0] == number)
        missing = {option for option in options if option not in tried}
        assert not missing - {"--n-{split}"}, number
