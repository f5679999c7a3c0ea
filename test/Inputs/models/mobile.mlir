module {
  func.func @mobile(%arg0: tensor<1x2x12x12xf32>) -> tensor<1x5xf32> {
    %cst = arith.constant 0.00000000e+00 : f32
    %cst_0 = arith.constant dense<"0xCB9CD8BE09FF83BE0EF878BDD1C3B1BC90716EBEFFA4863D2430583EF6BFB83D"> : tensor<8xf32>
    %cst_1 = arith.constant dense<"0x1F2215BBB38AB23EFC207D3E4A1C773EB5220A3FA4BFCDBE340056BEA864E1BE3B1E13BDA674AA3EBDBAEFBBA942293E610D23BFA7CA483DF5C89ABEF97F173F075B973EB605A23E8DFB9DBCB930513E528F603EBA1CEBBD08C529BEFFB31CBD34A94EBE2CDE4ABE7073C1BD1DA278BE5FC9823E0A3308BFFA8D8C3ED58655BEF6583ABE6A8BE6BE46F044BDFC11A9BD55B3823DE93136BE2902003DC6471B3FF09A0B3ECDD143BEFEA9A23E42DB2FBD8BB54A3EB026513ED87B05BEC6B724BFE054EDBDE93A3C3E8EBE01BEB9D5153EC62CA73E5BB939BE9426D23EDC640A3F3D28B83ED9E7C63EC52FBB3E2863403F18C37D3D251C363A52DC4D3EA6FF9ABEAA8904BF848796BE8456FE3D0878213E451A03BFE4B820BFDDD1D7BD426180BDE05986BC8C28653E96B8D13E13A09D3D3521513E18EABABEAEC1C8BEA445A13D26DF623E1FE4773E96524A3E12D5853EED358A3E138515BF62987ABE775C1B3EFEA94B3E2A0801BFD533C83EB8C915BE2BAB9EBD47EDBA3D20E07F3ED695F4BEF1F1A83E0D10D33C5B8D83BE78EBBBBD5E863ABFC50D5DBE085E783DC70572BE67ECDFBD2A6148BDB21C843C4C30AE3ED3F607BCB178B1BD8ADB373E6434313F7FFBE9BD060F2F3EC19806BF86A1E53ECF11613EE876E33E1D46A1BC4FF9B1BE413A973E629A803E82F993BE8461FBBEC34D193ED8016ABDA2E75E3FADA951BE7A6A34BEEA3A17BDBB150EBFCEBC97BEA7510C3FBD5F33BDCEA94FBE1212D9BE6423463EEDB2603EA612AF3DEDD804BEA394D03DC53F023E9C6868BE3F6C543E"> : tensor<8x2x3x3xf32>
    %cst_2 = arith.constant 6.00000000e+00 : f32
    %cst_3 = arith.constant dense<"0xD39435BEEBB46CBDBE1FE9BD000000001104793DF241EABDE093C53E680088BE"> : tensor<8xf32>
    %cst_4 = arith.constant dense<"0xC9C4D83D20E7C73EE83B433EC5DC09BFE88FC3BD3CD61B3F704509BF1F93F03C51D63BBE3ABED8BE3C24F4BE1E0F433D9F39183E452B153E0A822EBF68610BBE93E2263E4B85E43EE350A23E14B8C83EE866043F6EDCC63EBCC1C4BE8823E03C5C1FACBE99B28FBF56D94ABF000000000000000000000000000000000000000000000000000000000000000000000000C7DB183FB11EC03E728A26BD5B33D73E8BAA013F4397D3BD6F53023E4E57F53DA44CA1BE3BE30A3F1B47A1BDBB8395BEFB3B4ABF49B518BF6216383F159509BF9A5A4F3E653A31BEC5D3763EB35E913E095DBBBE76E30CBE17D83F3D5A2D5D3D06325CBC453817BEE4E9973E83F21E3FAF74823EB1A3B2BEB4213F3EFDF7EB3C29D65E3E85A25E3FEF8ECEBDB2ABB1BB"> : tensor<8x3x3xf32>
    %cst_5 = arith.constant 1.00000000e+00 : f32
    %cst_6 = arith.constant 3.60000000e+01 : f32
    %cst_7 = arith.constant dense<"0xCEF43C3EC76BF03DB7C7633EA9F99D3D28588A3CF14FC0BE5CD2B7BDEAF5A73E"> : tensor<8xf32>
    %cst_8 = arith.constant dense<"0xA47BDC3E4A14023F23EE923EBDB505BE1D8084BD3FD92FBE2A3CC93E110D95BFC6E082BE43979B3D41C794BED3A668BF1CA8F8BD9D52C1BE53DECC3E20DE323F38170E3D769177BF66E6C8BD9F93ECBE9298AE3EAF81583FCA85223E8741823FF6DC413FC34FB23E3A39DCBEB9E6D53D8C6A2BBF3452133F5776F43DDDDA3F3FC128573E95F266BF18A5C93EB288093F5994673FF567D3BE7E91C6BE8FFED83D3195E8BE6DA91DBF53DDF3BE26B3AE3FC2B27FBE4A1AE4BE30E129BEFC8A663D0BDB323FF968063FFC64E43E94B2963D7DA5043E524489BE7CBE33BF1AEB883F987636BEE8640E3F6732DFBDF950603BA43DE9BCB30324BFF3E60A3C7D55733E"> : tensor<8x8x1x1xf32>
    %cst_9 = arith.constant dense<"0x73FC323D79FCD6BC8F574C3E96D4203DE89E183E38032B3E18C5843D6046223E"> : tensor<8xf32>
    %cst_10 = arith.constant dense<"0xDCAED43D11E0E13E9FFF81BD93C896BE0176883FD671623E24244A3F505E9D3E9C3ED8BD634D8ABFA171B23D4CF63DBF87E588BF705E293F1100CE3E294FB93EB9D6853D1B26B73C2C00813E609EF13D70B19A3DAF0ED23EED5898BF0B91F83EE9968EBE4B2FEE3EDAD81F3F82E1C5BE8276DC3E2870D83E0632A8BE18AA7ABE5960963DD3F18CBFBCE159BEA992D13DC8485DBE73244BBFE86542BEAF9C433F45112B3FB11162BDA742CCBE0E748FBBF142313CD70CACBED1FC28BE4219A13EDBB7F03E60ED9BBFC696FB3E8AA28F3D0AE7133F0056FCBBFAAE633E8AA1523FEEF0BDBF4C394C3FD894C63D620169BF7692AABF5072213EFE4403BFC7F0003F"> : tensor<8x8x1x1xf32>
    %cst_11 = arith.constant 0xFF800000 : f32
    %cst_12 = arith.constant dense<"0x58C0223A3D2BEABD105D1E3EFFCA93BD1B9671BEC5FB25BC21EFD8BD855C993E501AB7BD71B885BEA2992EBC8D0254BD"> : tensor<12xf32>
    %cst_13 = arith.constant dense<"0xBB318F3ED984F7BE3FB8C4BD5B752CBDA86908BE26AD0FBF76094DBE0677F63D08688C3DE20F0A3F1E3E5BBE4C441CBEFC114FBE753BE4BDEA495ABEA14A29BFF898FA3D7F34B33EA205CB3EECA8C4BE27568BBDCA83273FBD361BBDD1EEFC3DE78E5BBDB742B63E406BAF3ED8BC523F1D09353E76C1223EE382DBBEA33C14BE840F7EBE3AA6EDBDC14AEDBE3B4DDC3EC2BBBEBE0A24C63D8A11E4BE1076FB3D4414163F5E6D94BE672E043EA05FC1BC7390CD3DD45A183E821466BE9E3682BDAC3F55BE234795BE2254DEBEBAC2AE3ED69C85BE5B12713E1A09493EC4C0B4BEA6CABD3ED1C79BBE1EAD633E15F9033FC97E81BE8626A8BED0A0AABEFDE44F3F36F907BE0502E5BEFA5C933E90A781BD19AC51BCBE3AB5BEA7DF49BF7B6285BE1FB2BEBE636A13BF1466C6BEED7EADBEB8E38F3EBEDF7B3EA5FD363E783545BEABE7E5BEDC4ACF3DAE79223E4F7BB33E24385FBC5D874BBDFEABD73DB9D2A9BEA79E93BE3F7B643E17F0E5BEED4002BDFFDA8B3EC3E3A43DF4DE183E9212CABE61D23CBDFA80C7BDF319593EBA35173E9BE92D3C0F522C3FF7C2463E9704CABD487B5ABECE8B10BC99094ABEB767153F57AC533EE6CDD3BD396166BE639FBEBE5D6FB8BDF74BF13E7C4E9C3ECD4134BC43936F3DA35F26BF71888E3E95758BBD732BFE3E30EC57BD224D24BED27FB23DEABC5ABE0542F93E6583E93DA8AA123EF93D073EF4D6E1BD6A9E3D3E78179E3DEF0F233F14F21C3D4C64193EC56B12BE6353E5BDD73BB2BDB5E6F53E1CAB5C3DDBB1BD3EA7AF83BDF6D5CBBD889D26BF39BAA53EB188423FBAA147BDE3320A3FBDD2AA3EAE8955BE879C9B3E93DA90BEE87992BD24ACEE3E9E55BB3D3E18C2BE45F0083FC0C8B4BE50C1B1BC84FFB1BDF0DCB1BC18F287BE56E60ABF4CDB303F8F3E99BE0B288EBEEABD53BF908F873D7B0AFB3E2C89073FF288813F79A9103F3BA2383E40973B3D93310B3F8911CB3C9C20DC3D4B199ABE8560953D381F3C3F9573463CF834363EE5FC4FBFED28033F5D672C3E65B9083F4719F63D44F388BE88DEE5BEDEBA543EA77B9C3C49B0A2BE"> : tensor<12x16x1x1xf32>
    %cst_14 = arith.constant 9.00000000e+00 : f32
    %cst_15 = arith.constant dense<"0x555BD83D8B05A73D48A3DBBEAF3502BDF51460BDD7A800BF1E777EBE8DEC843D970F2BBF6200EDBE05995ABE8EA080BD6886393E653415BFB821BA3D0BB2633E95E0183FF59A51BED3AED0BEADF128BF2F54433EEB83FB3E07FAA0BE742B183E3B73A43ED191B93E50513FBE64B1783EBD0710BDF023CBBE09FBCB3D8B87123EF197C9BE4C733A3EA80A513F82371BBF4298953ED345C23E5298E73C6D21103EAD87CDBD8C230F3F599AC1BEC9D157BD143A4ABF7308063E3B1C193E6EEE2FBFEB08B9BE07F03E3E8CF856BE8C7D01BFDA5B84BF2582003E13F2453F87A252BEC87A213EB8041A3ECCF362BD5A2B943C"> : tensor<5x12xf32>
    %cst_16 = arith.constant dense<"0x42BB4A3CD63D3DBE4338FA3E358A083FFD7F533D"> : tensor<5xf32>
    %0 = tensor.pad %arg0 low[0, 0, 1, 1] high[0, 0, 1, 1] {
    ^bb0(%i0: index, %i1: index, %i2: index, %i3: index):
      tensor.yield %cst : f32
    } : tensor<1x2x12x12xf32> to tensor<1x2x14x14xf32>
    %1 = tensor.empty() : tensor<1x8x6x6xf32>
    %2 = linalg.broadcast ins(%cst_0 : tensor<8xf32>) outs(%1 : tensor<1x8x6x6xf32>) dimensions = [0, 2, 3]
    %3 = linalg.conv_2d_nchw_fchw {dilations = dense<1> : vector<2xi64>, strides = dense<2> : vector<2xi64>} ins(%0, %cst_1 : tensor<1x2x14x14xf32>, tensor<8x2x3x3xf32>) outs(%2 : tensor<1x8x6x6xf32>) -> tensor<1x8x6x6xf32>
    %4 = tensor.empty() : tensor<1x8x6x6xf32>
    %5 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%3 : tensor<1x8x6x6xf32>) outs(%4 : tensor<1x8x6x6xf32>) {
    ^bb0(%in: f32, %out: f32):
      %c = arith.cmpf ult, %in, %cst : f32
      %l = arith.select %c, %cst, %in : f32
      %d = arith.cmpf ugt, %l, %cst_2 : f32
      %r = arith.select %d, %cst_2, %l : f32
      linalg.yield %r : f32
    } -> tensor<1x8x6x6xf32>
    %6 = tensor.pad %5 low[0, 0, 1, 1] high[0, 0, 1, 1] {
    ^bb0(%i0: index, %i1: index, %i2: index, %i3: index):
      tensor.yield %cst : f32
    } : tensor<1x8x6x6xf32> to tensor<1x8x8x8xf32>
    %7 = tensor.empty() : tensor<1x8x6x6xf32>
    %8 = linalg.broadcast ins(%cst_3 : tensor<8xf32>) outs(%7 : tensor<1x8x6x6xf32>) dimensions = [0, 2, 3]
    %9 = linalg.depthwise_conv_2d_nchw_chw {dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>} ins(%6, %cst_4 : tensor<1x8x8x8xf32>, tensor<8x3x3xf32>) outs(%8 : tensor<1x8x6x6xf32>) -> tensor<1x8x6x6xf32>
    %10 = tensor.empty() : tensor<1x8x6x6xf32>
    %11 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%9 : tensor<1x8x6x6xf32>) outs(%10 : tensor<1x8x6x6xf32>) {
    ^bb0(%in: f32, %out: f32):
      %n = arith.negf %in : f32
      %e = math.exp %n : f32
      %s = arith.addf %e, %cst_5 : f32
      %r = arith.divf %cst_5, %s : f32
      linalg.yield %r : f32
    } -> tensor<1x8x6x6xf32>
    %12 = tensor.empty() : tensor<1x8x6x6xf32>
    %13 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%9, %11 : tensor<1x8x6x6xf32>, tensor<1x8x6x6xf32>) outs(%12 : tensor<1x8x6x6xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %r = arith.mulf %in, %in_1 : f32
      linalg.yield %r : f32
    } -> tensor<1x8x6x6xf32>
    %14 = tensor.empty() : tensor<1x8x1x1xf32>
    %15 = linalg.fill ins(%cst : f32) outs(%14 : tensor<1x8x1x1xf32>) -> tensor<1x8x1x1xf32>
    %16 = tensor.empty() : tensor<6x6xf32>
    %17 = linalg.pooling_nchw_sum {dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>} ins(%13, %16 : tensor<1x8x6x6xf32>, tensor<6x6xf32>) outs(%15 : tensor<1x8x1x1xf32>) -> tensor<1x8x1x1xf32>
    %18 = tensor.empty() : tensor<1x8x1x1xf32>
    %19 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%17 : tensor<1x8x1x1xf32>) outs(%18 : tensor<1x8x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %r = arith.divf %in, %cst_6 : f32
      linalg.yield %r : f32
    } -> tensor<1x8x1x1xf32>
    %20 = tensor.empty() : tensor<1x8x1x1xf32>
    %21 = linalg.broadcast ins(%cst_7 : tensor<8xf32>) outs(%20 : tensor<1x8x1x1xf32>) dimensions = [0, 2, 3]
    %22 = linalg.conv_2d_nchw_fchw {dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>} ins(%19, %cst_8 : tensor<1x8x1x1xf32>, tensor<8x8x1x1xf32>) outs(%21 : tensor<1x8x1x1xf32>) -> tensor<1x8x1x1xf32>
    %23 = tensor.empty() : tensor<1x8x1x1xf32>
    %24 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%22 : tensor<1x8x1x1xf32>) outs(%23 : tensor<1x8x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %n = arith.negf %in : f32
      %e = math.exp %n : f32
      %s = arith.addf %e, %cst_5 : f32
      %r = arith.divf %cst_5, %s : f32
      linalg.yield %r : f32
    } -> tensor<1x8x1x1xf32>
    %25 = tensor.empty() : tensor<1x8x6x6xf32>
    %26 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, 0, 0)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%13, %24 : tensor<1x8x6x6xf32>, tensor<1x8x1x1xf32>) outs(%25 : tensor<1x8x6x6xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %r = arith.mulf %in, %in_1 : f32
      linalg.yield %r : f32
    } -> tensor<1x8x6x6xf32>
    %27 = tensor.empty() : tensor<1x8x6x6xf32>
    %28 = linalg.broadcast ins(%cst_9 : tensor<8xf32>) outs(%27 : tensor<1x8x6x6xf32>) dimensions = [0, 2, 3]
    %29 = linalg.conv_2d_nchw_fchw {dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>} ins(%26, %cst_10 : tensor<1x8x6x6xf32>, tensor<8x8x1x1xf32>) outs(%28 : tensor<1x8x6x6xf32>) -> tensor<1x8x6x6xf32>
    %30 = tensor.concat dim(1) %5, %29 : (tensor<1x8x6x6xf32>, tensor<1x8x6x6xf32>) -> tensor<1x16x6x6xf32>
    %31 = tensor.empty() : tensor<1x16x3x3xf32>
    %32 = linalg.fill ins(%cst_11 : f32) outs(%31 : tensor<1x16x3x3xf32>) -> tensor<1x16x3x3xf32>
    %33 = tensor.empty() : tensor<2x2xf32>
    %34 = linalg.pooling_nchw_max {dilations = dense<1> : vector<2xi64>, strides = dense<2> : vector<2xi64>} ins(%30, %33 : tensor<1x16x6x6xf32>, tensor<2x2xf32>) outs(%32 : tensor<1x16x3x3xf32>) -> tensor<1x16x3x3xf32>
    %35 = tensor.empty() : tensor<1x12x3x3xf32>
    %36 = linalg.broadcast ins(%cst_12 : tensor<12xf32>) outs(%35 : tensor<1x12x3x3xf32>) dimensions = [0, 2, 3]
    %37 = linalg.conv_2d_nchw_fchw {dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>} ins(%34, %cst_13 : tensor<1x16x3x3xf32>, tensor<12x16x1x1xf32>) outs(%36 : tensor<1x12x3x3xf32>) -> tensor<1x12x3x3xf32>
    %38 = tensor.empty() : tensor<1x12x3x3xf32>
    %39 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%37 : tensor<1x12x3x3xf32>) outs(%38 : tensor<1x12x3x3xf32>) {
    ^bb0(%in: f32, %out: f32):
      %c = arith.cmpf ugt, %in, %cst : f32
      %r = arith.select %c, %in, %cst : f32
      linalg.yield %r : f32
    } -> tensor<1x12x3x3xf32>
    %40 = tensor.empty() : tensor<1x12x1x1xf32>
    %41 = linalg.fill ins(%cst : f32) outs(%40 : tensor<1x12x1x1xf32>) -> tensor<1x12x1x1xf32>
    %42 = tensor.empty() : tensor<3x3xf32>
    %43 = linalg.pooling_nchw_sum {dilations = dense<1> : vector<2xi64>, strides = dense<1> : vector<2xi64>} ins(%39, %42 : tensor<1x12x3x3xf32>, tensor<3x3xf32>) outs(%41 : tensor<1x12x1x1xf32>) -> tensor<1x12x1x1xf32>
    %44 = tensor.empty() : tensor<1x12x1x1xf32>
    %45 = linalg.generic {indexing_maps = [affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>, affine_map<(d0, d1, d2, d3) -> (d0, d1, d2, d3)>], iterator_types = ["parallel", "parallel", "parallel", "parallel"]} ins(%43 : tensor<1x12x1x1xf32>) outs(%44 : tensor<1x12x1x1xf32>) {
    ^bb0(%in: f32, %out: f32):
      %r = arith.divf %in, %cst_14 : f32
      linalg.yield %r : f32
    } -> tensor<1x12x1x1xf32>
    %46 = tensor.collapse_shape %45 [[0], [1, 2, 3]] : tensor<1x12x1x1xf32> into tensor<1x12xf32>
    %47 = tensor.empty() : tensor<12x5xf32>
    %48 = linalg.transpose ins(%cst_15 : tensor<5x12xf32>) outs(%47 : tensor<12x5xf32>) permutation = [1, 0]
    %49 = tensor.empty() : tensor<1x5xf32>
    %50 = linalg.fill ins(%cst : f32) outs(%49 : tensor<1x5xf32>) -> tensor<1x5xf32>
    %51 = linalg.matmul ins(%46, %48 : tensor<1x12xf32>, tensor<12x5xf32>) outs(%50 : tensor<1x5xf32>) -> tensor<1x5xf32>
    %52 = tensor.empty() : tensor<1x5xf32>
    %53 = linalg.generic {indexing_maps = [affine_map<(d0, d1) -> (d0, d1)>, affine_map<(d0, d1) -> (d1)>, affine_map<(d0, d1) -> (d0, d1)>], iterator_types = ["parallel", "parallel"]} ins(%51, %cst_16 : tensor<1x5xf32>, tensor<5xf32>) outs(%52 : tensor<1x5xf32>) {
    ^bb0(%in: f32, %in_1: f32, %out: f32):
      %r = arith.addf %in, %in_1 : f32
      linalg.yield %r : f32
    } -> tensor<1x5xf32>
    return %53 : tensor<1x5xf32>
  }
}
